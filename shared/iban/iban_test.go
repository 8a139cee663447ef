package iban_test

import (
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/iban"
)

// examples are the register's own, one for each country that publishes one.
var examples = strings.Fields(`
	AD1200012030200359100100 AE070331234567890123456 AL47212110090000000235698741 AT611904300234573201
	AZ21NABZ00000000137010001944 BA391290079401028494 BE68539007547034 BG80BNBG96611020345678 BH67BMAG00001299123456
	BI4210000100010000332045181 BR1800360305000010009795493C1 BY13NBRB3600900000002Z00AB00 CH9300762011623852957
	CR05015202001026284066 CY17002001280000001200527600 CZ6508000000192000145399 DE89370400440532013000 DK5000400440116243
	DO28BAGR00000001212453611324 EE382200221020145685 EG380019000500000000263180002 ES9121000418450200051332 FI2112345600000785
	FO6264600001631634 FR1420041010050500013M02606 GB29NWBK60161331926819 GE29NB0000000101904917 GI75NWBK000000007099453
	GL8964710001000206 GR1601101250000000012300695 GT82TRAJ01020000001210029690 HR1210010051863000160
	HU42117730161111101800000000 IE29AIBK93115212345678 IL620108000000099999999 IQ98NBIQ850123456789012
	IS140159260076545510730339 IT60X0542811101000000123456 JO94CBJO0010000000000131000302 KW81CBKU0000000000001234560101
	KZ86125KZT5004100100 LB62099900000001001901229114 LC55HEMM000100010012001200023015 LI21088100002324013AA
	LT121000011101001000 LU280019400644750000 LV80BANK0000435195001 MC5811222000010123456789030 MD24AG000225100013104168
	ME25505000012345678951 MK07250120000058984 MR1300020001010000123456753 MT84MALT011000012345MTLCAST001S
	MU17BOMM0101101030300200000MUR NL91ABNA0417164300 NO9386011117947 PK36SCBL0000001123456702 PL61109010140000071219812874
	PS92PALS000000000400123456702 PT50000201231234567890154 QA58DOHB00001234567890ABCDEFG RO49AAAA1B31007593840000
	RS35260005601001611379 SA0380000000608010167519 SC18SSCB11010000000000001497USD SE4550000000058398257466 SI56263300012039086
	SK3112000000198742637541 SM86U0322509800000000270100 ST23000100010051845310146 SV62CENR00000000000000700025
	TL380080012345678910157 TN5910006035183598478831 TR330006100519786457841326 UA213223130000026007233566001
	VA59001123000012345678 VG96VPVG0000012345678901 XK051212012345678906`)

func TestExamplesOfTheRegister(t *testing.T) {
	for _, number := range examples {
		if got, code := iban.Read(number); code != "" || got != number {
			t.Errorf("%s is %s, %q", number, got, code)
		}
		if again, code := iban.Of(number[:2], number[4:]); again != number || code != "" {
			t.Errorf("%s with check digits of its own is %s, %q", number, again, code)
		}
	}
}

// Every single wrong digit is found, and every two neighbours that are exchanged.
func TestMistypedNumbers(t *testing.T) {
	for _, number := range examples {
		for i := 2; i < len(number); i++ {
			for c := byte('0'); c <= '9'; c++ {
				if wrong := number[:i] + string(c) + number[i+1:]; wrong != number && number[i] <= '9' && iban.Valid(wrong) {
					t.Errorf("%s for %s is taken", wrong, number)
				}
			}
			if i > 4 && number[i] != number[i-1] && number[i] <= '9' && number[i-1] <= '9' {
				if wrong := number[:i-1] + string(number[i]) + string(number[i-1]) + number[i+1:]; iban.Valid(wrong) {
					t.Errorf("%s for %s is taken", wrong, number)
				}
			}
		}
	}
}

func TestRead(t *testing.T) {
	for s, want := range map[string][2]string{
		"BE68 5390 0754 7034":                {"BE68539007547034", ""},
		" be68-5390-0754-7034 ":              {"BE68539007547034", ""},
		"IBAN: BE68 5390 0754 7034":          {"BE68539007547034", ""},
		"iban BE68.5390.0754.7034":           {"BE68539007547034", ""},
		"BE68\u00a05390\u202f0754\u20097034": {"BE68539007547034", ""},
		"NL91abna0417164300":                 {"NL91ABNA0417164300", ""},
		"BE69 5390 0754 7034":                {"BE69539007547034", iban.BadCheck},
		"BE68 5390 0754 703":                 {"BE6853900754703", iban.BadLength},
		"BE68 5390 0754 70344":               {"BE685390075470344", iban.BadLength},
		"US68 5390 0754 7034":                {"US68539007547034", iban.NoCountry},
		"24AE 5390":                          {"24AE5390", iban.Invalid},
		"539-0075470-34":                     {"539007547034", iban.Invalid},
		"BE6853900754703é":                   {"BE6853900754703É", iban.Invalid},
		"BE68":                               {"BE68", iban.Invalid},
		"":                                   {"", iban.Invalid},
		"IBAN":                               {"", iban.Invalid},
	} {
		if got, code := iban.Read(s); got != want[0] || code != want[1] || iban.Valid(s) != (want[1] == "") {
			t.Errorf("%q is %q, %q", s, got, code)
		}
	}
}

// Check digits run from 02 to 98: 00, 01 and 99 leave the same remainder as 97, 98 and 02.
func TestCheckDigitsOutOfRange(t *testing.T) {
	seen := map[string]bool{}
	for account := range 100000 {
		s := "0000000" + string([]byte{byte('0' + account/10000), byte('0' + account/1000%10), byte('0' + account/100%10), byte('0' + account/10%10), byte('0' + account%10)})
		number, code := iban.Of("BE", s)
		if code != "" {
			t.Fatalf("%s: %s", s, code)
		}
		digits := number[2:4]
		twin := map[string]string{"97": "00", "98": "01", "02": "99"}[digits]
		if seen[digits] || twin == "" {
			continue
		}
		seen[digits] = true
		if iban.Valid("BE" + twin + number[4:]) {
			t.Errorf("BE%s%s is taken beside %s", twin, number[4:], number)
		}
	}
	if len(seen) != 3 {
		t.Errorf("only %v were met", seen)
	}
}

func TestOf(t *testing.T) {
	for _, c := range [][3]string{{"BE", "539 0075470 34", ""}, {"be", "539007547034", iban.Invalid}, {"BE", "1", iban.BadLength},
		{"US", "539007547034", iban.NoCountry}, {"BE", "53900754703é", iban.Invalid}} {
		if got, code := iban.Of(c[0], c[1]); code != c[2] {
			t.Errorf("%v: %s, %q", c, got, code)
		}
	}
}

func TestFormat(t *testing.T) {
	for s, want := range map[string]string{"BE68539007547034": "BE68 5390 0754 7034", "NO9386011117947": "NO93 8601 1117 947", "": "",
		"•••034": "•••034"} {
		if got := iban.Format(s); got != want {
			t.Errorf("%q is written %q", s, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range append(examples[:5:5], "IBAN:", "iban iban", "be68 5390 0754 7034", "é", "XX") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		number, code := iban.Read(s)
		if code != "" {
			return
		}
		if len(number) > iban.MaxLength {
			t.Fatalf("%q has %d characters", number, len(number))
		}
		if again, code := iban.Read(iban.Format(number)); again != number || code != "" {
			t.Fatalf("%q, written and read again, is %q, %q", number, again, code)
		}
	})
}
