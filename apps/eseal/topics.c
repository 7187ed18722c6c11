/* Words of eseal help TOPIC. */
#include "es_topics.h"

const struct es_topic es_topics[] = {
    {"exit-codes",
     "  0    done; for verify: every seal is valid\n"
     "  1    the answer is no: invalid, no match, findings in a log, a restored log behind\n"
     "  2    cannot tell: indeterminate, also a file without any seal\n"
     "  3    several files, some failed (details in the output)\n"
     "  64   wrong use: option or argument\n"
     "  65   refused by content: malformed, too large, unsupported\n"
     "  66   no such file, seal or key\n"
     "  69   not reachable: time-stamp service, device; try again\n"
     "  70   internal error; please report it\n"
     "  73   cannot write the output\n"
     "  75   state or condition: seal expired, document locked, log frozen, conflict\n"
     "  77   not allowed, wrong password\n"
     "  78   configuration\n"
     "  130, 143  interrupted\n",
     "  0    完成;验证时:全部签章有效\n"
     "  1    结果为否:签章无效、比对不一致、日志有问题、恢复的日志落后\n"
     "  2    无法确定;文件中没有签章也属此类\n"
     "  3    批量处理中部分失败(详见输出)\n"
     "  64   用法错误\n"
     "  65   因内容被拒绝:损坏、过大、不支持\n"
     "  66   没有该文件、印章或密钥\n"
     "  69   无法连接:时间戳服务、设备;请稍后重试\n"
     "  70   内部错误,请报告\n"
     "  73   无法写入输出\n"
     "  75   状态或条件不符:印章过期、文件已锁定、日志冻结、冲突\n"
     "  77   不允许,口令错误\n"
     "  78   配置错误\n"
     "  130、143  被中断\n"},
    {"policies",
     "standard  GB/T 38540 as it stands: the claimed time of sealing is trusted\n"
     "assured   (default) the claimed time counts only while nothing has happened since;\n"
     "          the seal's state must be known; revocation data at most 24 hours old\n"
     "strict    for archives and courts: proof of time required, no deviations of form\n"
     "FILE      a policy of your own, see docs/usage/policies.md\n"
     "Every report names policy, version and digest.\n",
     "standard  按 GB/T 38540:采信签章人声明的时间\n"
     "assured   (默认)声明时间仅在其后无变化时采信;须能取得印章状态;吊销信息不超过 24 小时\n"
     "strict    供档案、司法:须有时间证明,不接受任何格式偏差\n"
     "FILE      自定策略,见 docs/usage/policies.md\n"
     "每份报告都注明策略、版本与摘要。\n"},
    {"trust",
     "--trust DIR reads, each folder optional:\n"
     "  roots/          certificates of root authorities\n"
     "  intermediates/  certificates below them\n"
     "  makers/         certificates of seal makers; NAME.json beside NAME.pem may limit one:\n"
     "                  {\"regions\":[\"44\"],\"kinds\":[\"01\"],\"from\":\"2026-01-01\",\n"
     "                   \"until\":\"2030-01-01\",\"blocked\":false,\"internal\":false}\n"
     "  crls/ ocsp/     revocation lists and answers\n"
     "  tsa/            time-stamp authorities\n"
     "  states/         seal-status proofs (eseal log prove), signed answers (eseal seal state)\n"
     "  logs/           policies of status logs and witnesses that are believed\n"
     "Without --trust: $ESEAL_TRUST, then $XDG_CONFIG_HOME/eseal/trust. Nothing is ever fetched\n"
     "because a document says so.\n",
     "--trust DIR 读取以下目录(均可省略):\n"
     "  roots/          根证书\n"
     "  intermediates/  中级证书\n"
     "  makers/         制章者证书;NAME.pem 旁的 NAME.json 可加限制:\n"
     "                  {\"regions\":[\"44\"],\"kinds\":[\"01\"],\"from\":\"2026-01-01\",\n"
     "                   \"until\":\"2030-01-01\",\"blocked\":false,\"internal\":false}\n"
     "  crls/ ocsp/     吊销列表与在线状态答复\n"
     "  tsa/            时间戳机构证书\n"
     "  states/         印章状态证明(eseal log prove)与签名答复(eseal seal state)\n"
     "  logs/           可信状态日志与见证者策略\n"
     "未给 --trust 时取 $ESEAL_TRUST,再取 "
     "$XDG_CONFIG_HOME/eseal/trust。程序绝不因文件内容访问网络。\n"},
    {"placement",
     "Positions are millimetres from the page's top left corner, to the seal's top left corner.\n"
     "  --page 1 --at 120,200             one place\n"
     "  --pages 1,3-5,last --at 120,200   the same place on several pages\n"
     "  --keyword 盖章 [--nth 2] [--offset 5,-3]   centred on a text\n"
     "  --straddle right [--along 120]    cut over the edge of all pages\n"
     "--dry-run shows where the stamps fall and writes nothing.\n",
     "位置以毫米计,从页面左上角到印章左上角。\n"
     "  --page 1 --at 120,200             单个位置\n"
     "  --pages 1,3-5,last --at 120,200   多页同一位置\n"
     "  --keyword 盖章 [--nth 2] [--offset 5,-3]   以文字为中心\n"
     "  --straddle right [--along 120]    骑缝章,分布于各页边缘\n"
     "--dry-run 只显示位置,不写文件。\n"},
    {"environment",
     "  ESEAL_TRUST           folder of trust (see eseal help trust)\n"
     "  ESEAL_KEYS            folder of signing keys\n"
     "  ESEAL_PASSWORD_FILE   file whose first line is the key's password\n"
     "  ESEAL_FONTS           fonts for imprints, files or folders, separated by ':'\n"
     "  ESEAL_LANG            zh or en\n"
     "  NO_COLOR              no colours\n",
     "  ESEAL_TRUST           信任目录(见 eseal help trust)\n"
     "  ESEAL_KEYS            签名密钥目录\n"
     "  ESEAL_PASSWORD_FILE   首行为密钥口令的文件\n"
     "  ESEAL_FONTS           印模字体,文件或目录,以“:”分隔\n"
     "  ESEAL_LANG            zh 或 en\n"
     "  NO_COLOR              不使用颜色\n"},
};
const size_t es_topic_count = sizeof es_topics / sizeof es_topics[0];
