"""SM3 (GB/T 32905) and SM2 signatures (GB/T 32918.2) from nothing but Python's integers.

Part of the second implementation: written from the standards and from the log's page, not from
the C code. Signing is for tests only: its nonce is a digest of key and message, and nothing here
resists timing.
"""
import functools
import hashlib

# ---- SM3 ------------------------------------------------------------------------------------

_IV = (0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d,
       0xb0fb0e4e)
_MASK = 0xffffffff


def _rotate(word, bits):
    bits %= 32
    return ((word << bits) | (word >> (32 - bits))) & _MASK


_ROUND = tuple(_rotate(0x79cc4519 if j < 16 else 0x7a879d8a, j) for j in range(64))


def _p1(x):
    return x ^ _rotate(x, 15) ^ _rotate(x, 23)


def _expand(block):
    words = [int.from_bytes(block[i:i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        words.append(_p1(words[j - 16] ^ words[j - 9] ^ _rotate(words[j - 3], 15))
                     ^ _rotate(words[j - 13], 7) ^ words[j - 6])
    return words


def _compress(state, block):
    words = _expand(block)
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        turned = _rotate(a, 12)
        ss1 = _rotate((turned + e + _ROUND[j]) & _MASK, 7)
        if j < 16:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g & _MASK)
        tt1 = (ff + d + (ss1 ^ turned) + (words[j] ^ words[j + 4])) & _MASK
        tt2 = (gg + h + ss1 + words[j]) & _MASK
        a, b, c, d = tt1, a, _rotate(b, 9), c
        e, f, g, h = tt2 ^ _rotate(tt2, 9) ^ _rotate(tt2, 17), e, _rotate(f, 19), g
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h)))


def sm3_pure(data):
    """SM3 without any library: what the fast one is checked against."""
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    state = _IV
    for at in range(0, len(padded), 64):
        state = _compress(state, padded[at:at + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def _sm3_fast(data):
    return hashlib.new("sm3", data).digest()


def _choose_sm3():
    try:
        return _sm3_fast if _sm3_fast(b"abc") == sm3_pure(b"abc") else sm3_pure
    except ValueError:  # this OpenSSL has no SM3
        return sm3_pure


sm3 = _choose_sm3()

# ---- the curve sm2p256v1 --------------------------------------------------------------------

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)
DEFAULT_ID = b"1234567812345678"

# Points in the formulas below are Jacobian (x, y, z); z = 0 is the point at infinity.
_INFINITY = (1, 1, 0)


def _double(point):
    x, y, z = point
    if z == 0 or y == 0:
        return _INFINITY
    zz = z * z % P
    m = 3 * (x - zz) * (x + zz) % P  # a = -3
    yy = y * y % P
    s = 4 * x * yy % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add_affine(point, other):
    """point + other, the latter affine (x, y)."""
    x1, y1, z1 = point
    x2, y2 = other
    if z1 == 0:
        return x2, y2, 1
    zz = z1 * z1 % P
    h = (x2 * zz - x1) % P
    r = (y2 * zz * z1 - y1) % P
    if h == 0:
        return _double(point) if r == 0 else _INFINITY
    hh = h * h % P
    hhh = h * hh % P
    v = x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def _affine(point):
    """(x, y), or None for infinity."""
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


@functools.lru_cache(maxsize=64)
def _table(point):
    """table[i][d - 1] = d * 16^i * point: a product is then 64 additions and no doubling."""
    rows = []
    base = point
    for _ in range(64):
        multiple, row = (base[0], base[1], 1), [base]
        for _ in range(14):
            multiple = _add_affine(multiple, base)
            row.append(_affine(multiple))
        rows.append(row)
        base = _affine(_add_affine(multiple, base))
    return rows


def _add_product(total, scalar, point):
    for row in _table(point):
        digit = scalar & 15
        if digit:
            total = _add_affine(total, row[digit - 1])
        scalar >>= 4
    return total


def multiply(scalar, point=G):
    return _affine(_add_product(_INFINITY, scalar % N, point))


# ---- keys and signatures --------------------------------------------------------------------

def point_decode(data):
    """(x, y) of 04 || x || y; None when it is no point of the curve."""
    if len(data) != 65 or data[0] != 4:
        return None
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    if x >= P or y >= P or (y * y - (x * x + A) * x - B) % P:
        return None
    if (x, y) == (G[0], P - G[1]):  # d = n - 1: 1 + d has no inverse, any s would verify
        return None
    return x, y


def point_encode(point):
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def public_key(private):
    return point_encode(multiply(private))


def message_digest(public, message, identity=DEFAULT_ID):
    """e = SM3(Z || message), as an integer."""
    numbers = b"".join(n.to_bytes(32, "big") for n in (A, B, *G))
    z = sm3((8 * len(identity)).to_bytes(2, "big") + identity + numbers + public[1:])
    return int.from_bytes(sm3(z + message), "big")


def verify_digest(public, digest, signature):
    """signature is r || s, 32 bytes each; other lengths and ranges are refused."""
    point = point_decode(public)
    if point is None or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (1 <= r < N and 1 <= s < N):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    place = _affine(_add_product(_add_product(_INFINITY, s, G), t, point))
    return place is not None and (digest + place[0]) % N == r


@functools.lru_cache(maxsize=100000)
def verify(public, message, signature, identity=DEFAULT_ID):
    return verify_digest(public, message_digest(public, message, identity), signature)


def sign_digest(private, digest, nonce):
    """r || s, or None for a nonce that gives none."""
    r = (digest + multiply(nonce)[0]) % N
    if r == 0 or r + nonce == N:
        return None
    s = pow(1 + private, -1, N) * (nonce - r * private) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") if s else None


@functools.lru_cache(maxsize=100000)
def sign(private, message, identity=DEFAULT_ID):
    """Deterministic, for tests."""
    digest = message_digest(public_key(private), message, identity)
    signature, count = None, 0
    while signature is None:
        seed = private.to_bytes(32, "big") + digest.to_bytes(32, "big") + count.to_bytes(4, "big")
        nonce = int.from_bytes(sm3(b"\xfe" + seed) + sm3(b"\xfd" + seed), "big") % (N - 1) + 1
        signature, count = sign_digest(private, digest, nonce), count + 1
    return signature
