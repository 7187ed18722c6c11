#!/bin/sh
# What eseal does, in the terminal: an authority, a seal, a document sealed, verified, tampered
# with and refused. Everything it makes stays in ./eseal-demo (or the folder given).
# Ends with an error if any step answers otherwise than it should.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
eseal=$here/build/eseal
folder=${1:-eseal-demo}

case ${ESEAL_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
zh*) language=zh ;;
*) language=en ;;
esac
export ESEAL_LANG=$language

say() { # Chinese, English
    if [ $language = zh ]; then printf '\n== %s\n' "$1"; else printf '\n== %s\n' "$2"; fi
}

# step EXIT-CODE ARGUMENT...: show the command, run it, compare its exit code.
step() {
    expected=$1
    shift
    printf '$ eseal'
    for word; do
        case $word in
        *[!A-Za-z0-9_./,:=@+-]*)
            printf " '%s'" "$word"
            ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    code=0
    "$eseal" "$@" || code=$?
    printf '  (exit %s)\n' "$code"
    if [ "$code" != "$expected" ]; then
        echo "demo: exit code $code, expected $expected" >&2
        exit 1
    fi
}

[ -x "$eseal" ] || {
    echo "demo: build/eseal is missing; first: make" >&2
    exit 66
}
if [ -e "$folder" ] && [ ! -e "$folder/.made-by-eseal-demo" ]; then
    echo "demo: $folder exists and was not made by the demo; give another folder" >&2
    exit 73
fi
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
: >.made-by-eseal-demo
mkdir -p trust/roots trust/makers trust/crls trust/states trust/logs trust/tsa
cp "$here/examples/notice.ofd" notice.ofd

# One password of this run for every key; real keys have one each.
(
    umask 077
    head -c 18 /dev/urandom | base64 >password
    mkdir keys
)
ESEAL_PASSWORD_FILE=$PWD/password
ESEAL_KEYS=$PWD/keys
ESEAL_TRUST=$PWD/trust
export ESEAL_PASSWORD_FILE ESEAL_KEYS ESEAL_TRUST

say '1. 证书机构,以及制章者、签章人、时间戳的证书' \
    '1. An authority, and certificates for a seal maker, a signer and time stamps'
step 0 ca init ca --name 示例根证书
for name in maker signer tsa; do step 0 key new $name; done
step 0 ca issue ca --use maker --name 示例制章中心 --key maker -o maker.pem
step 0 ca issue ca --use signer --name 示例市档案局 --key signer -o signer.pem
step 0 ca issue ca --use tsa --name 示例时间戳 --key tsa -o tsa.pem
step 0 ca crl ca -o trust/crls/ca.crl
cp ca/ca.pem trust/roots/
cp maker.pem trust/makers/
cp tsa.pem trust/tsa/

say '2. 印模与印章' '2. The imprint and the seal'
step 0 imprint draw -o imprint.png --ring 示例市档案局 --star --size 42 --maker maker.pem --key maker
step 0 seal make -o office.esl --name 示例市档案局 --picture imprint.png --size 42x42 \
    --signer signer.pem --maker maker.pem --key maker

say '3. 公开的状态日志:印章启用,并取得任何人可离线核验的状态证明' \
    '3. A public log of states: the seal is in force, with a proof anyone can check offline'
step 0 log init records --host demo.example.cn
step 0 log state records office.esl --status active
step 0 log prove records --seal office.esl -o trust/states/office.json
cp records/logs.policy trust/logs/
step 0 seal verify office.esl

# The time-stamp service runs until the demo ends, on any free port of this machine.
tsa_pid=
trap '[ -z "$tsa_pid" ] || kill "$tsa_pid" 2>/dev/null || true' EXIT
start_tsa() {
    printf '$ eseal tsa --cert tsa.pem --key tsa --port 0 &\n'
    "$eseal" tsa --cert tsa.pem --key tsa --port 0 >tsa.url &
    tsa_pid=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ ! -s tsa.url ] || break
        sleep 0.25
    done
    cat tsa.url
}

say '4. 在“盖章”处加盖,并加盖骑缝章,附时间戳' \
    '4. Seal a document on the words 盖章 and over the edge of its pages, with a time stamp'
start_tsa
step 0 document find notice.ofd 盖章
step 0 sign notice.ofd -o sealed.ofd --seal office.esl --key signer \
    --keyword 盖章 --straddle right --tsa "$(cat tsa.url)"

say '5. 验证' '5. Verify it'
step 0 verify sealed.ofd --html report.html

say '6. 改动一个字,再验证' '6. Change one character, and verify again'
step 0 demo tamper sealed.ofd -o tampered.ofd
step 1 verify tampered.ofd

say '7. 印章遗失并注销:此前盖章的文件仍然有效,并可证明' \
    '7. The seal is lost and cancelled: what was sealed before stays valid, provably'
sleep 1 # states are compared by whole seconds
step 0 log state records office.esl --status cancelled --reason 11
step 0 log prove records --seal office.esl -o trust/states/office.json --force
step 0 verify sealed.ofd

say '8. 日志本身,任何人只需公钥即可核验' '8. The log itself, for anyone with its public key'
step 0 log export records --log status -o bundle
step 0 log verify --bundle bundle --key records/status.pub

if [ $language = zh ]; then
    cat <<END

全部符合预期。文件保存在 $folder/:
  sealed.ofd    已盖章,可用 OFD 阅读器打开     imprint.png  印模
  tampered.ofd  改动一个字,验证为无效          report.html  验证报告(浏览器打开)
接下来可以试试:
  export PATH=$here/build:\$PATH
  eseal verify $folder/sealed.ofd --trust $folder/trust --verbose
  eseal verify 你的文件.ofd --policy standard
  eseal inspect $folder/sealed.ofd
  eseal log entries $folder/records
  eseal help
END
else
    cat <<END

Every step answered as it should. What was made is in $folder/:
  sealed.ofd    the sealed document, for any OFD reader     imprint.png  the picture of the seal
  tampered.ofd  one character changed: refused              report.html  the report, for a browser
Next, try:
  export PATH=$here/build:\$PATH
  eseal verify $folder/sealed.ofd --trust $folder/trust --verbose
  eseal verify YOUR.ofd --policy standard
  eseal inspect $folder/sealed.ofd
  eseal log entries $folder/records
  eseal help
END
fi
