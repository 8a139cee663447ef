package parse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGuess(t *testing.T) {
	for values, want := range map[string]Kind{
		"Jan|Piet|An":                Text,
		"":                           Text,
		"-|geen|":                    Text,
		"ja|nee||ja":                 YesNo,
		"Oui|Non|oui":                YesNo,
		"TRUE|FALSE":                 YesNo,
		"1|0|1":                      YesNo,
		"1|1|1":                      Number,
		"x||x":                       YesNo,
		"26/06/1975|01/02/2000":      Day,
		"10/18/1978|01/02/1983":      Day,
		"10.11.53|23.03.52":          Day,
		"1975-06-26|geen|2012-08-02": Day,
		"12|7|-3|0":                  Number,
		"27571|30000":                Number,
		"007|012":                    Text,
		"€ 45,00|120,00|0":           Money,
		"12,5|13":                    Money,
		"a@example.org|b@example.org; c@x.example":                        Email,
		"https://example.org|www.example.com":                             Link,
		"regel\nregel|x":                                                  LongText,
		strings.Repeat("lang ", 60) + "|x":                                LongText,
		"+32 471 56 54 31|0471 56 54 32":                                  Text,
		"Jeugd|Senioren|Jeugd|Bestuur|jeugd|Senioren|Bestuur|Jeugd|Jeugd": Choice,
		"ja|nee|misschien":                                                Text,
	} {
		if got, _ := Guess(strings.Split(values, "|")); got != want {
			t.Errorf("%q: %s, want %s", values, got, want)
		}
	}
	_, options := Guess(strings.Split("Jeugd|Senioren|Jeugd|jeugd|Senioren|Jeugd", "|"))
	if diff := cmp.Diff([]string{"Jeugd", "Senioren"}, options); diff != "" {
		t.Error(diff)
	}
}
