"""Where stamps fall: pages, points, keywords, straddling seals, and what is refused."""
import ofdfile
from office import Office
from tap import contains, equal, near, run, test, true

office = Office()
SIDE = 40  # mm, of the seal
one = ofdfile.write(office.file("one.ofd"), 1)
five = ofdfile.write(office.file("five.ofd"), 5)
thirty = ofdfile.write(office.file("thirty.ofd"), 30)
# "盖章处" in two runs of one text object, twice on page 2; once more on page 3 in three runs.
words = ofdfile.write(office.file("words.ofd"), 3, {
    2: ofdfile.text_object(501, 30, 60, [("请于盖", 0), ("章处签字", 15)]) +
       ofdfile.text_object(502, 30, 120, [("盖章处", 0)]),
    3: ofdfile.text_object(503, 50, 90, [("盖", 0), ("章", 5), ("处", 10)])})
counter = 0


def placed(source, *more):
    """Seal a document; the stamps it now shows."""
    global counter
    counter += 1
    target = office.file(f"placed-{counter}.ofd")
    office.sealed(source, target, *more)
    equal(office.verdict(target)["outcome"], "valid", "outcome")
    return ofdfile.stamps(target)


def pages_of(stamps):
    return [s["page"] for s in stamps]


def centre(stamp):
    x, y, width, height = stamp["box"]
    return x + width / 2, y + height / 2


@test
def a_seal_stands_on_page_1_where_at_says_when_no_page_is_named():
    stamps = placed(five, "--at", "12.5,200")
    equal(pages_of(stamps), [1])
    equal(stamps[0]["box"], [12.5, 200.0, SIDE, SIDE])


@test
def page_names_one_page():
    equal(pages_of(placed(five, "--page", "3", "--at", "1,2")), [3])


@test
def pages_takes_numbers_ranges_and_last():
    equal(pages_of(placed(five, "--pages", "1,3-4,last", "--at", "1,2")), [1, 3, 4, 5])


@test
def pages_all_is_every_page():
    equal(pages_of(placed(five, "--pages", "all", "--at", "1,2")), [1, 2, 3, 4, 5])


@test
def at_may_be_given_more_than_once():
    stamps = placed(one, "--at", "1,2", "--at", "100,200")
    equal([s["box"][:2] for s in stamps], [[1, 2], [100, 200]])


@test
def pages_outside_the_document_are_refused():
    for pages in ("6", "1-6", "0", "4-2", "x", "1,,2", ""):
        answer = office.sign(five, "never.ofd", "--pages", pages, "--at", "1,2")
        true(answer.code in (64, 65), f"--pages {pages!r}: exit {answer.code}")
        true(answer.err != "", "no message")
    true(not office.exists("never.ofd"), "output was written")


@test
def a_position_outside_the_page_is_refused_by_its_name():
    for at in ("171,10", "10,258", "-1,10", "10,-1", "1000,1000"):
        office.sign(one, "never.ofd", f"--at={at}").expect(65, "position_outside_page", "page 1")


@test
def a_seal_that_just_touches_the_edge_is_placed():
    equal(placed(one, "--at", "170,257")[0]["box"], [170, 257, SIDE, SIDE])


@test
def a_position_that_is_no_pair_of_numbers_is_wrong_use():
    for at in ("10", "10,", ",10", "a,b", "10;20", "1,2,3", "nan,1", "inf,1", "0x10,1", "1e1,2"):
        answer = office.sign(one, "never.ofd", f"--at={at}")
        true(answer.code in (64, 65) or at in ("1e1,2", "0x10,1"), f"--at {at}: {answer.code}")


@test
def a_keyword_is_found_across_text_runs_and_the_seal_is_centred_on_it():
    stamps = placed(words, "--keyword", "盖章处")
    equal(pages_of(stamps), [2])
    # 盖 is the third character of 5 mm in an object at 30 mm; three characters wide.
    x, y = centre(stamps[0])
    near(x, 30 + 10 + 7.5, 0.6, "x")
    near(y, 63, 3, "y")


@test
def nth_chooses_the_match_in_page_order():
    second = placed(words, "--keyword", "盖章处", "--nth", "2")
    equal(pages_of(second), [2])
    near(centre(second[0])[0], 37.5, 0.6, "x of the second")
    near(centre(second[0])[1], 123, 3, "y of the second")
    third = placed(words, "--keyword", "盖章处", "--nth", "3")
    equal(pages_of(third), [3])
    near(centre(third[0])[0], 57.5, 0.6, "x of the third")


@test
def nth_all_seals_every_match():
    equal(pages_of(placed(words, "--keyword", "盖章处", "--nth", "all")), [2, 2, 3])


@test
def offset_moves_the_seal_from_the_keyword():
    plain = centre(placed(words, "--keyword", "盖章处", "--nth", "2")[0])
    moved = centre(placed(words, "--keyword", "盖章处", "--nth", "2", "--offset", "12,-8.5")[0])
    near(moved[0] - plain[0], 12, 0.01, "shift in x")
    near(moved[1] - plain[1], -8.5, 0.01, "shift in y")


@test
def pages_limits_where_a_keyword_is_looked_for():
    equal(pages_of(placed(words, "--keyword", "盖章处", "--pages", "3")), [3])


@test
def a_keyword_that_does_not_stand_there_is_refused_by_its_name():
    office.sign(words, "never.ofd", "--keyword", "甲方").expect(65, "keyword_not_found", "甲方")
    office.sign(words, "never.ofd", "--keyword", "盖章处", "--nth", "4").expect(
        65, "keyword_not_found")
    office.sign(words, "never.ofd", "--keyword", "盖章处", "--pages", "1").expect(
        65, "keyword_not_found")


@test
def an_empty_keyword_is_refused():
    answer = office.sign(words, "never.ofd", "--keyword", "")
    true(answer.code in (64, 65), f"exit {answer.code}")


@test
def find_tells_the_box_that_sealing_uses():
    hits = office.good("document", "find", words, "盖章处", "--json").json()["hits"]
    equal([h["page"] for h in hits], [2, 2, 3])
    x, y = centre(placed(words, "--keyword", "盖章处", "--nth", "3")[0])
    near(hits[2]["x_mm"] + hits[2]["width_mm"] / 2, x, 0.1, "x")
    near(hits[2]["y_mm"] + hits[2]["height_mm"] / 2, y, 0.1, "y")


@test
def find_answers_no_when_the_text_does_not_stand_there():
    equal(office.run("document", "find", words, "甲方", "--json").expect(1).json()["hits"], [])
    office.run("document", "find", words, "甲方").expect(1)


def check_straddle(source, side, count):
    """The visible slices of all groups, put together, are whole pictures over that edge."""
    stamps = placed(source, "--straddle", side)
    equal(pages_of(stamps), list(range(1, count + 1)), "pages with a stamp")
    wide = side in ("left", "right")  # the picture is cut into columns there
    shown = 0.0
    for s in stamps:
        x, y, width, height = s["box"]
        cx, cy, cwidth, cheight = s["clip"]
        near(cwidth if not wide else cheight, SIDE, 0.01, "uncut side of the slice")
        left, top = x + cx, y + cy  # where the slice is on the page
        if side == "left":
            near(left, 0, 0.01, "left edge")
        elif side == "right":
            near(left + cwidth, 210, 0.01, "right edge")
        elif side == "top":
            near(top, 0, 0.01, "top edge")
        else:
            near(top + cheight, 297, 0.01, "bottom edge")
        near(width, SIDE, 0.01, "width")
        near(height, SIDE, 0.01, "height")
        shown += cwidth if wide else cheight
    pictures = shown / SIDE
    near(pictures, round(pictures), 0.01, "pictures shown")
    return stamps, round(pictures)


@test
def straddling_right_cuts_one_picture_over_five_pages():
    stamps, pictures = check_straddle(five, "right", 5)
    equal(pictures, 1)
    equal(len({s["clip"][0] for s in stamps}), 5, "different slices")


@test
def straddling_left_top_and_bottom_work_as_well():
    for side in ("left", "top", "bottom"):
        equal(check_straddle(five, side, 5)[1], 1, side)


@test
def straddling_thirty_pages_makes_groups_on_every_side():
    for side in ("left", "right", "top", "bottom"):
        stamps, pictures = check_straddle(thirty, side, 30)
        true(2 <= pictures <= 15, f"{side}: {pictures} groups of 30 pages")
        axis = 2 if side in ("left", "right") else 3
        true(min(s["clip"][axis] for s in stamps) >= 1, f"{side}: a slice under 1 mm")


@test
def along_says_where_on_the_edge_a_straddling_seal_stands():
    for s in placed(five, "--straddle", "right", "--along", "30"):
        near(s["box"][1], 30, 0.01, "y")
    for s in placed(five, "--straddle", "right"):
        near(centre(s)[1], 297 / 2, 0.01, "middle")


@test
def one_page_cannot_be_straddled():
    office.sign(one, "never.ofd", "--straddle", "right").expect(65, "single_page_straddle")
    office.sign(five, "never.ofd", "--straddle", "right", "--pages", "2").expect(
        65, "single_page_straddle")


@test
def an_unknown_side_is_wrong_use():
    office.sign(five, "never.ofd", "--straddle", "middle").expect(64, "left, right, top")


@test
def straddling_and_a_point_go_together_under_one_signature():
    stamps = placed(five, "--straddle", "right", "--at", "20,30", "--page", "all")
    equal(len(stamps), 10)


@test
def without_a_place_the_question_is_asked():
    office.sign(one, "never.ofd").expect(64, "--at")


@test
def dry_run_tells_the_places_and_writes_nothing():
    before = office.names()
    answer = office.run("sign", five, "--seal", "office.esl", "--pages", "2,4", "--at", "7,8",
                        "--dry-run", "--json").expect(0)
    told = [(s["page"], s["x_mm"], s["y_mm"], s["width_mm"]) for s in answer.json()["stamps"]]
    equal(told, [(2, 7, 8, SIDE), (4, 7, 8, SIDE)])
    text = office.run("sign", five, "--seal", "office.esl", "--at", "7,8", "--dry-run").expect(0)
    contains(text.out + text.err, "page 1: 7.0,8.0 mm")
    equal(office.names(), before, "files")


run()
