/*
 * Keys and signatures of "a message to sign" by the openssl program (genpkey, dgst -sign; the SM3
 * ones: pkeyutl over a DigestInfo). The private halves were thrown away.
 */
#ifndef ES_SIG_FIXTURES_H
#define ES_SIG_FIXTURES_H

#define FX_MESSAGE "a message to sign"
#define FX_RSA_1024_SPKI                                                                           \
    "30819f300d06092a864886f70d010101050003818d0030818902818100b2e74fc2fb77af6b5304d186c3"         \
    "44cde256b3d93f189cdde7e527765c72f69db0e8932b8abde57e39fe6a127a4dd29acbcfe9a437c32e1f"         \
    "65ffd68fe26f3103a3f1424df58596341bdb31965f78dd154bfa10214fac378fcd53f082f8c0958fed3c"         \
    "3d921606b0647b33865f9dbe09ffebb95bf88c6d00010987081bda495f89630203010001"
#define FX_RSA_2048_SPKI                                                                           \
    "30820122300d06092a864886f70d01010105000382010f003082010a02820101009c61e7bec8323aec11"         \
    "da9decb001801ec25216b2e1e9cb9890f02bf21a7a99e5429e962a4b5e1ff7997daeeb4e785fbd33884b"         \
    "5842d3cc0806987fc339b8cf1d2eec32046ad2c73f1e364f1be5c9f83ea6193331f1b6714753cb782ba0"         \
    "8f224ce8e0db531641bbcc669d23cc0fcd3b8c3f490d21ab2d8d4e48d775fb8cd896e59e5479e136b829"         \
    "81f8382ab36b4ecc80891bde8a1fcdacf042d715e6793c59843bcf0fbd6c8c8ca6acbb0d53458911e3f5"         \
    "c14222ee39fefbddd3c932d5f83aa0176aeb3eb1326fb64d5c028491483b24369c772f62c105671823d4"         \
    "78baa01539637286f4b96ef95c75795b14ece8923fd1964ec3fa2145597fa7fa833773d3930203010001"
#define FX_RSA_1024_SHA256                                                                         \
    "308724cbe1723a40711004daec2046acba4c3481306b5bab0dd209508830290843cd442d9312daddff97"         \
    "410f16cdb2bb649ec1656ace32d9935f03189bffe4b0a9d7af4b58001a071eecf4f17a20799dc08c3fbb"         \
    "ab077041eb561b11055b6653a17b20785c638f7d9c5e3243ecb5be2f67bf4828def207c4abecc3a925e2"         \
    "8361"
#define FX_RSA_2048_MD5                                                                            \
    "47ef5c058fb6b32426de9d3850a38580e031ec79f839ccfde1a76f35d7464d796ad9da2271e1c8d50612"         \
    "0e106824f33956b229fb4d6da19c17c3820ebe8607c85ee7a0a1635a07fb77c66bddf1a1953498fe17e5"         \
    "1e514a1585420d50cef320909c2d3a2530415a989cbdada0be43392d4d0fb4f4f8a689cbddcd0c261d2b"         \
    "27e81d57c5bc6402d8ee8a4473a1ae3bcb5d30592ed19fa9f8edbfef0a201d026122a507a8381cb00b86"         \
    "579496bf3fe0fcdc47d001ea3e97feb749c1848340db955a8760bb9ba04bc1962cd58de39a9b466284f1"         \
    "4bb06be3bacd52f05727c70765997f4fa4e4c63d948af04fb09e1e3521b407481dd8f88b39c9872d9170"         \
    "fdc0b999"
#define FX_RSA_2048_SHA1                                                                           \
    "3f63928ede10eac6c30f70f15b3462001b69e902732e673072c975234eda2c31e7b3941592e1cbc3c729"         \
    "399d2bb0c2e44c66e93a36800e6a6f744242a7a4711361234a2282ca0e91b36d1ac4ce78edfa6218a55d"         \
    "2341f8f72502fbf72b6f9f13449eeb4ac58cd6e4fd9aefb15b96119d8461e7b10ab78e8b060a8331a454"         \
    "4fdbfc18ba71a12c8810a8274ae3bfa3f6a09c1412e88330f2911b672ec4d1692807f604474e671a68e7"         \
    "9bfde4358e65f408e1e9d2b2175e02524fe3bad4cb342551bc65a65cee59e178b3c2a1bec82dc16e1c1f"         \
    "11bca315c67403591e726c545e788f2ae6eef467d1d0c503b28376793f30232b5488b7cfeb1e48e82ed8"         \
    "2dc42d8b"
#define FX_RSA_2048_SHA256                                                                         \
    "8d71ae526164a9fe01fd91679984a297c481bd2c1ea248698d37682a425acb598488bde8395897fa2762"         \
    "e33c0604c5a819eaf17f47c30e7c7def9ffe3b48a16e685a4be6fcd6637bf77f531b9bad6a483d8b0461"         \
    "f369c41ddcb3966e97d73006eeceb10d7fe165aa3ae5b48fe129bd9d63ecef3d9a24066797445fdda6c1"         \
    "1d813ea60041d0faffb0f094709abc107bb1ef5c65ec078c8d81c0eafb7630016311573027a587906f17"         \
    "f76550b84a66131cb2edc99f458f86eec00c4bad97575525e1b31703cd64e817433523e577943b5e0b79"         \
    "ee412c8815ae1238a1dabdf9448d05d30cacd3535a4067a1e46b6cffbaac6aea1a7ce4f9ef0831b04ea7"         \
    "c6730813"
#define FX_RSA_2048_SHA384                                                                         \
    "5a6ef1a5bb1bc99cb26508706ab1d0d5014ea0c1113d2ff66d546f9c92627296c249168b276830e67d15"         \
    "8eec37d09d965c899e677864c857062beb11504588b6cbfffca41309b65e9e2c646ed0e66c1c78ed532d"         \
    "4573b68f4b7f2fd8344a82390bb605aeb2c2c95fdd8a02e51f32dfb6b953e79b57ac683707a97a8d15d1"         \
    "fab33dd01ae1f39eec1f4a4becad3fb66654089ccf0391ca77b1bb9903767f8728b1f781f46d87e7e8d9"         \
    "2748c0b888cb0d53c6e79c5b25330d8089e07fb0443b9805419ca1d2818b48908183eceb550b09abcf90"         \
    "dbd1120e39bb0aa3229d3c997d03b0a7a76f0cb42e69286f931ce285b515607d943ae4281fe1050aa68d"         \
    "edb760df"
#define FX_RSA_2048_SHA512                                                                         \
    "2966ef8781f6e0401eea61176844aaf2e04527a8392b65e797b6c9c37d229082fa58fa96419c38a3d038"         \
    "dbd9d90a1182af6024fe6a55c63a0d677838d5e238a4833aaf37a20a6626f638cd11a15c8aa7786d2078"         \
    "8bd52215cd73fa79c199c0bf00519376c59cbcec75c57b6cbc5439273bcc1a941470ba52d808928b24b1"         \
    "7d87044e7ebfec5638e6574b648931b1c2732a8ca1364de786bc0a213a5ddbe56b84bb22efb4f1fa33a9"         \
    "0955a0810d1c2685bbdc23cbd6c9c100f73014018dc11c3b02db79af21db6f724bca0c6a3f17b80a10db"         \
    "fe65d9673960b137bbbcdf404aee1e3c5acd41c96661a0a0221255f71f56c0b745151c09e5cccc08032c"         \
    "88bfea02"
#define FX_RSA_2048_SM3                                                                            \
    "82b03e1077a2d6bbbc2962c2c0ac464e6019abc8c481c89ee3e81cde724c01f2161c3dd519d2a186e130"         \
    "c2ae3f86468faff29978c18a98cfa7e16b484be4da52519a484aa70aaf3512664b23ab18c8f6b7d7c3a8"         \
    "03fdefed47c28dda66ddf98a30d7f42874b0a937d20a81bbea544dd7f01b6a513e49a76a0a8e1fcb04c5"         \
    "d890c60ad3800645be5e7950b13c257ea838ff4c064ee7d51249b50ec3d61f7acd0825035665009973a6"         \
    "fd4b8d277c74d961631e110fab2669c4af3bcee295ad093bea4ac158b46b49200e7fa38a18005bc522fa"         \
    "f43942d366485df1f1a3c81814dfac1a3253d73cf89b7b6fbb79dedac6d925c4f4f7849c252a58411ea4"         \
    "2f83dd5d"
#define FX_RSA_2048_SM3_TRAILING                                                                   \
    "04e4cf2c2068b7f0b162d718f2a7222d3cfcfb801765c76e75ccf68ef8c255a72f3b0a859ded3d88a811"         \
    "6cddffa920c04757e2aec19086c2f1e95bae96214574cf820c884c52c308b5fdd89bbe864671fa04bec0"         \
    "a6dcc0a92c83696c0038490d0752f02cbf3656dbf232afb238770745ebbc87d04b1277e74457dbfe1256"         \
    "9597b092b7ed1801970f98b9f805687f3e43a4517997399e15955a2d41b8130904d8fcaba1fe5fc8ebb8"         \
    "f7abee3e5cae9c4933d01d18c1dd5b1fcc966ded96de0ee367c91a5327fac9053793739ea9d6a22fa30a"         \
    "669cd6df799151a70a377e0c0769279d0f2e5f6670ff65feaa57f02b578d811b35aa1d1d7c2d5d365926"         \
    "3e9c86b3"
#define FX_RSA_2048_SM3_BARE                                                                       \
    "98565264f240ec88bbf2cdcebead44fbf4ce14cbe1b50be3b0701fa21ce78e9b643fbb39a3281db3a9f0"         \
    "bbce866b09a1dff1fd2dfc9e3638acf24dd9a2385371b9ca75b756dee5d4358a794af190c28b9a63faf3"         \
    "5701debe88effb3a829c7af101d296bc67d9c440f5424967ccff8d855262d773cb58f80970476f6b03d3"         \
    "7e0469f7aee18e270415c0919c46b6d1cfd728167cb804a552a6192881a0b62064f6033568c760b31ac8"         \
    "fb9574b80d77ffcab1b92655d1d79cdd5eb23b7b2913243de0c804bbc401f836db3a8cfd8d95cb405d24"         \
    "e9389a868cd7a9b2267546ec668543698f4bb616d4226afc118d1ccd599bc880b3f7a4a6849ef63d073a"         \
    "293294e5"
#define FX_EC_P256_SPKI                                                                            \
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004d7a76056dcb764f286874b5ec30d60"         \
    "3c14d99bef90e7ffcf175d0ba7a4cd4fe6ab98e231e3d23ecd8b0c003d867cd7901acd2eddf47359c7f3"         \
    "d7bbb291f89e4c"
#define FX_EC_P256_SHA256                                                                          \
    "3045022100e5ed70dc66cc67a7f061c6c37e8a8d4e61d1a3c170b91b2d52239ddf1468cd09022036b24f"         \
    "2db0bc7f156b04309d0f5d7fa414caf6adb6ab9a8f9c6542ceb745b1fe"
#define FX_EC_P384_SPKI                                                                            \
    "3076301006072a8648ce3d020106052b8104002203620004c23241cc0cf055a219894db7ea90e8fdb2ee"         \
    "a9a0ecc173b0e1d9753acfe2e74abbb704f2ad1719ff45220b1f9eaa4fa147cbd5173a5487d283117587"         \
    "44694bf87e773bac071304c5ef7d6c96079402d79cbd97311f105a428682338d377d93cf"
#define FX_EC_P384_SHA384                                                                          \
    "3065023005ebd72a6fd8323bba77b9ad1732ed097de834301ec2cd09f0995c046188aced4e3d8485765a"         \
    "a0846447b37047e254180231009dc6eeece99231311e1e3ada481bfb8d8a4624358e4c7ce9e8e2cc767e"         \
    "d0c0ed36a75cb55e72c9ff9f05bc8cadd72a8c"
#define FX_EC_P521_SPKI                                                                            \
    "30819b301006072a8648ce3d020106052b810400230381860004002260920244004239fe5bc20241caf6"         \
    "079cd3f7ca24b6643331cec58f0785ccc60bb6e6ec612593676f3b8fc5ad5661f8945d0c8e6f09ff0e7f"         \
    "66c974bfa5db322800d2e1e532b55f20d8bb6586122de4b8c8eec280d19342f2a45d9dcc90977659a1f7"         \
    "d6216035f1ffde64e4a7e2bbb3dcfac1b209ddec7b0db0cc7984152530d3460e"
#define FX_EC_P521_SHA512                                                                          \
    "308188024200bf9685edb7a9cd4396ea509f4ff8769839508e8ad71c033ff8ff2c37125d615992b8d917"         \
    "9f3dca8ce00e13c9c9d36120a323e9ceaffbae49a038a5f7ab66e49e3e024200a866c401d4bac784b929"         \
    "45c6361b91c8c6cafd1cbc07d3799f4ce1eef03826eb2a1c50b9f9bcd99effc490be45dd956cf933ead0"         \
    "076e9ad5a2b5df01087ed4ff30"
#define FX_EC_P192_SPKI                                                                            \
    "3049301306072a8648ce3d020106082a8648ce3d030101033200043047790bb127432fe47e2a11efae13"         \
    "46ad954fbd412aea4d03f5319fe6454014a5141f64af3122520e958617bb337f09"
#define FX_EC_P192_SHA256                                                                          \
    "3035021900e658ad4c2620bb599744861367819c45be14271bb733a89702185094e51c91977938b4be5d"         \
    "b7b244f58c4f466d0f09db26d2"
#define FX_EC_P256_SHA1                                                                            \
    "3044022059130dae4658a804383fbadc9cf17e8de4061ef67a3c11d1f49798163c68dd9102204de650a9"         \
    "8aeefc00496c51715115b0347adb7bdd6bf5645d5ad7c023678914e4"
#define FX_SM2_EXPLICIT_SPKI                                                                       \
    "308201333081ec06072a8648ce3d02013081e0020101302c06072a8648ce3d0101022100fffffffeffff"         \
    "ffffffffffffffffffffffffffff00000000ffffffffffffffff30440420fffffffeffffffffffffffff"         \
    "ffffffffffffffff00000000fffffffffffffffc042028e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f5"         \
    "15ab8f92ddbcbd414d940e9304410432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a45"         \
    "89334c74c7bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0022100ffff"         \
    "fffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123020101034200047b83856366"         \
    "34ecfe5b6c3b651d4affbe7dbc40086ad50d475ad877884a0dbb0ece5862ba76ee7941134d521069cea2"         \
    "1eee334670bf2ddaa8f786cda58944941b"
#define FX_ED25519_SPKI                                                                            \
    "302a300506032b65700321009da279e67b72738a663805994e423f8b78a298fe3498bd35f841a6fd8543"         \
    "8247"

#endif
