// Package display writes telephone numbers for people, without the number plans of the world: it knows the calling
// codes of all countries and how the digits are grouped in those where most of the product's users live. Whatever shows
// numbers uses this package; whatever takes them in uses package phone, which weighs more than the rest of a function.
package display

import "strings"

// callingCodes are the calling codes of E.164 with the countries that share each; none where it belongs to no country.
const callingCodes = `
	1:US,AG,AI,AS,BB,BM,BS,CA,DM,DO,GD,GU,JM,KN,KY,LC,MP,MS,PR,SX,TC,TT,VC,VG,VI 7:RU,KZ 20:EG 27:ZA 30:GR 31:NL 32:BE
	33:FR 34:ES 36:HU 39:IT,VA 40:RO 41:CH 43:AT 44:GB,GG,IM,JE 45:DK 46:SE 47:NO,SJ 48:PL 49:DE 51:PE 52:MX 53:CU 54:AR
	55:BR 56:CL 57:CO 58:VE 60:MY 61:AU,CC,CX 62:ID 63:PH 64:NZ 65:SG 66:TH 81:JP 82:KR 84:VN 86:CN 90:TR 91:IN 92:PK 93:AF
	94:LK 95:MM 98:IR 211:SS 212:MA,EH 213:DZ 216:TN 218:LY 220:GM 221:SN 222:MR 223:ML 224:GN 225:CI 226:BF 227:NE 228:TG
	229:BJ 230:MU 231:LR 232:SL 233:GH 234:NG 235:TD 236:CF 237:CM 238:CV 239:ST 240:GQ 241:GA 242:CG 243:CD 244:AO 245:GW
	246:IO 247:AC 248:SC 249:SD 250:RW 251:ET 252:SO 253:DJ 254:KE 255:TZ 256:UG 257:BI 258:MZ 260:ZM 261:MG 262:RE,YT
	263:ZW 264:NA 265:MW 266:LS 267:BW 268:SZ 269:KM 290:SH,TA 291:ER 297:AW 298:FO 299:GL 350:GI 351:PT 352:LU 353:IE
	354:IS 355:AL 356:MT 357:CY 358:FI,AX 359:BG 370:LT 371:LV 372:EE 373:MD 374:AM 375:BY 376:AD 377:MC 378:SM 380:UA
	381:RS 382:ME 383:XK 385:HR 386:SI 387:BA 389:MK 420:CZ 421:SK 423:LI 500:FK 501:BZ 502:GT 503:SV 504:HN 505:NI 506:CR
	507:PA 508:PM 509:HT 590:GP,BL,MF 591:BO 592:GY 593:EC 594:GF 595:PY 596:MQ 597:SR 598:UY 599:CW,BQ 670:TL 672:NF
	673:BN 674:NR 675:PG 676:TO 677:SB 678:VU 679:FJ 680:PW 681:WF 682:CK 683:NU 685:WS 686:KI 687:NC 688:TV 689:PF 690:TK
	691:FM 692:MH 800: 808: 850:KP 852:HK 853:MO 855:KH 856:LA 870: 878: 880:BD 881: 882: 883: 886:TW 888: 960:MV 961:LB
	962:JO 963:SY 964:IQ 965:KW 966:SA 967:YE 968:OM 970:PS 971:AE 972:IL 973:BH 974:QA 975:BT 976:MN 977:NP 979: 992:TJ
	993:TM 994:AZ 995:GE 996:KG 998:UZ`

// known holds every calling code, byCountry the one of each country.
var known, byCountry = func() (map[string]bool, map[string]string) {
	known, byCountry := map[string]bool{}, map[string]string{}
	for _, entry := range strings.Fields(callingCodes) {
		code, countries, _ := strings.Cut(entry, ":")
		known[code] = true
		for _, country := range strings.Split(countries, ",") {
			byCountry[country] = code
		}
	}
	return known, byCountry
}()

// plan says how the digits behind a calling code are grouped. The trunk is what is dialled before them inside the
// country. Rules are "digits:groups": for numbers that begin so, the lengths of the groups, a star taking what is left;
// the first that fits counts. A number that no rule fits is written in groups of three. In countries where area codes
// have any length, only the largest have rules.
type plan struct{ trunk, rules string }

var plans = map[string]plan{
	"1": {"", ":334"},
	"31": {"0", "6:18 800:3* 90:3* 10:234 13:234 15:234 20:234 23:234 24:234 26:234 30:234 33:234 35:234 36:234 38:234 40:234 " +
		"43:234 45:234 46:234 50:234 53:234 55:234 58:234 7:234 85:234 88:234 :333"},
	"32":  {"0", "4:3222 800:323 90:323 70:233 78:233 2:1322 3:1322 4:1322 9:1322 :2222"},
	"33":  {"0", "8:333 :12222"},
	"34":  {"", "800:333 900:333 :3222"},
	"351": {"", "21:234 22:234 :333"},
	"352": {"", "6:333 :2222 :2223 :222"},
	"39":  {"", "3:334 02:244 06:244"},
	"41":  {"0", ":2322"},
	"44":  {"0", "7:46 2:244 11:334 121:334 131:334 141:334 151:334 161:334 191:334 1:46 3:334"},
	"49":  {"0", "15:4* 16:3* 17:3* 30:2* 40:2* 69:2* 89:2*"},
}

// CallingCode gives the calling code of a country, "32" for "BE", or "" when there is none such.
func CallingCode(country string) string { return byCountry[country] }

// Number writes a number in E.164 for readers in the home country (ISO 3166-1 alpha-2): "0471 12 34 56" at home,
// "+32 471 12 34 56" elsewhere. What is not E.164 comes back as it is.
func Number(e164, home string) string {
	code, digits := split(e164)
	if code == "" {
		return e164
	}
	p := plans[code]
	groups, fits := p.group(digits)
	if fits && code == byCountry[home] {
		return p.trunk + strings.Join(groups, " ")
	}
	return "+" + code + " " + strings.Join(groups, " ")
}

// split takes the calling code off a number in E.164. No calling code begins another.
func split(e164 string) (code, digits string) {
	if len(e164) < 5 || e164[0] != '+' || strings.Trim(e164[1:], "0123456789") != "" {
		return "", ""
	}
	for n := 2; n <= 4; n++ {
		if known[e164[1:n]] {
			return e164[1:n], e164[n:]
		}
	}
	return "", ""
}

// group cuts digits by the plan's first rule that fits, or by threes.
func (p plan) group(digits string) (groups []string, fits bool) {
	for _, rule := range strings.Fields(p.rules) {
		prefix, lengths, _ := strings.Cut(rule, ":")
		if !strings.HasPrefix(digits, prefix) {
			continue
		}
		if groups := cut(digits, lengths); groups != nil {
			return groups, true
		}
	}
	for len(digits) > 4 {
		groups, digits = append(groups, digits[:3]), digits[3:]
	}
	return append(groups, digits), false
}

// cut cuts digits into groups of the given lengths; nil when they do not come out even.
func cut(digits, lengths string) (groups []string) {
	for _, length := range lengths {
		n := int(length - '0')
		if length == '*' {
			n = len(digits)
		}
		if n == 0 || n > len(digits) {
			return nil
		}
		groups, digits = append(groups, digits[:n]), digits[n:]
	}
	if digits != "" {
		return nil
	}
	return groups
}
