package importer_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// mapped lists where columns go.
func mapped(imp importer.Import) []string {
	var fields []string
	for _, c := range imp.Guess.Columns {
		fields = append(fields, c.Field)
	}
	return fields
}

// What lists say of people beside their names is found by the words of four languages, and held against what is below.
func TestHeadersOfPapers(t *testing.T) {
	const known = "iban nationalNumber.number nationalities maritalStatus occupation shirtNumber kitSize identityDocument.number category promotionalSms"
	h := open(t, nil)
	for name, file := range map[string]string{
		"nl": "Voornaam;Rekeningnummer;Rijksregisternummer;Nationaliteit;Burgerlijke staat;Beroep;Rugnummer;Kledingmaat;Identiteitskaart;Categorie;Sms-reclame\n" +
			"An;BE68 5390 0754 7034;85.07.30-033.28;Belg;gehuwd;Kok;7;XL;592-1234567-32;Bestuur;ja\n",
		"fr": "Prénom;Compte bancaire;NISS;Nationalité;État civil;Profession;Numéro de maillot;Taille;Carte d'identité;Catégorie;SMS promotionnels\n" +
			"An;BE68539007547034;85073003328;belge / française;mariée;Cuisinier;#7;m;592123456732;Comité;oui\n",
		"es": "Nombre;Cuenta bancaria;DNI/NIE;Nacionalidad;Estado civil;Profesión;Dorsal;Talla;Pasaporte;Categoría;SMS promocionales\n" +
			"Ana;ES91 2100 0418 4502 0005 1332;12345678-Z;España;casada;Cocinera;0;S;XDA123456;board;no\n",
		"en": "First name;IBAN;National number;Nationality;Marital status;Occupation;Shirt number;Kit size;Passport;Category;Promotional text messages\n" +
			"An;GB29 NWBK 6016 1331 9268 19;85.07.30-033.28;British and Irish;Divorced;Cook;999;xxl;123456789;Supervisor;1\n",
	} {
		file = strings.ReplaceAll(file, "Comité", "board")
		imp := h.upload(name+".csv", []byte(file))
		if diff := cmp.Diff("firstName "+known, strings.Join(mapped(imp), " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
			continue
		}
		if imp = h.run(imp.ID); imp.Counts["create"] != 1 {
			t.Errorf("%s: %v\n%s", name, imp.Counts, strings.Join(h.end(imp.ID).Rows, "\n"))
		}
	}
}

// What the columns become.
func TestPapers(t *testing.T) {
	h := open(t, nil)
	w := repository.Write{Grant: h.grant}
	made := func(kind, body string) string {
		t.Helper()
		res, err := h.kernel.Records.Create(t.Context(), w, kind, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return res.Record.Base().ID
	}
	hockey := made(setting.EntityName, `{"name":"Hockey"}`)
	shop := made(setting.StoreName, `{"name":"Winkel Noord"}`)
	gold := made(setting.ClientGroupName, `{"name":"Goud"}`)
	made(setting.ValueName, `{"list":"category","label":"Erelid"}`)
	imp := h.upload("x.csv", []byte("Voornaam;IBAN;Rekeninghouder;BSN;Nationaliteiten;Werkgever;Functietitel;Categorie;Entiteit;Winkel;Klantengroep;Korting;Betaaltermijn;Afgegeven door\n"+
		"An;be68539007547034;A. Maes;123456782;Belg en Nederlander;De Bakker;Kok;erelid;HOCKEY;winkel noord;goud;12,5 %;30 dagen;Gent\n"+
		"Bo;;-;85073003328;FR;;;;;;;;;\n"))
	if imp = h.run(imp.ID); imp.Counts["create"] != 2 {
		t.Fatalf("%v\n%s", mapped(imp), strings.Join(h.end(imp.ID).Rows, "\n"))
	}
	all := h.contacts(h.rows(imp.ID, importer.Create, 10))
	c := all[0]
	if !cmp.Equal(c.Nationalities, []string{"BE", "NL"}) || !cmp.Equal(c.Work, []contact.Work{{Employer: "De Bakker", Role: "Kok"}}) ||
		c.Category != "erelid" || c.Entity != hockey || c.Store != shop || c.ClientGroup != gold || *c.Discount != 1250 || *c.PaymentTermDays != 30 {
		t.Errorf("%+v", c)
	}
	if bo := all[1]; bo.Entity != setting.RootEntity || bo.Work != nil || !cmp.Equal(bo.Nationalities, []string{"FR"}) {
		t.Errorf("%+v", bo)
	}
	for i, want := range []map[string]string{
		{"iban": "BE68539007547034", "ibanHolder": "A. Maes", "nationalNumber.country": "NL", "nationalNumber.number": "123456782", "identityDocument.issuedBy": "Gent"},
		{"nationalNumber.country": "BE", "nationalNumber.number": "85073003328"},
	} {
		for path, value := range want {
			got, err := h.kernel.Records.Reveal(t.Context(), w, contact.Name, all[i].ID, []string{path})
			if err != nil || len(got) != 1 || string(got[path]) != strconv.Quote(value) {
				t.Errorf("%s of %s is %s, %v", path, all[i].FirstName, got, err)
			}
		}
	}
}

// A wrong number is told at its cell; words that head other columns too lead nowhere when the cells do not fit.
func TestWrongPapers(t *testing.T) {
	h := open(t, nil)
	imp := h.upload("x.csv", []byte("Voornaam;IBAN;INSZ;Nationaliteit\nAn;BE68539007547034;85073003328;BE\nBo;BE68539007547034;85073003328;BE\n"+
		"Cis;BE68539007547034;85073003328;BE\nDirk;BE68539007547034;85073003328;BE\nEls;BE69539007547034;85073003329;Mars\n"))
	if imp = h.run(imp.ID); imp.Counts["reject"] != 1 {
		t.Fatalf("%v", imp.Counts)
	}
	var got []string
	for _, why := range h.rows(imp.ID, importer.Refused, 10)[0].Reasons {
		got = append(got, why.Column+" "+why.Field+" "+why.Code)
	}
	if diff := cmp.Diff([]string{"IBAN iban iban_bad_digits", "Nationaliteit nationalities bad_choice", "INSZ nationalNumber.number national_number_bad_digits"}, got); diff != "" {
		t.Error(diff)
	}
	imp = h.upload("y.csv", []byte("Voornaam;Compte;Taille;Nationaliteit;Source;DNI;Korting;Section\nAn;12;1m80;blond;gsm;abc;veel;U12\nBo;13;1m70;bruin;tel;abd;geen;U14\n"))
	if diff := cmp.Diff([]string{"firstName", "", "", "", "", "", "", ""}, mapped(imp)); diff != "" {
		t.Error(diff)
	}
}

// Without headers only what is unmistakable is guessed.
func TestPapersWithoutHeaders(t *testing.T) {
	h := open(t, nil)
	imp := h.upload("x.csv", []byte("An;Maes;BE68539007547034;85073003328;592-1234567-32;Belg\nBo;Claes;NL91ABNA0417164300;93051822361;592-1234567-32;Française\n"))
	if diff := cmp.Diff([]string{"firstName", "lastName", "iban", "nationalNumber.number", "identityDocument.number", "nationalities"}, mapped(imp)); diff != "" {
		t.Error(diff)
	}
}

// Whoever may not enter what is sensitive is not led into it, and is refused it.
func TestSensitiveColumnsNeedTheRight(t *testing.T) {
	h := open(t, nil)
	file := []byte("Voornaam;IBAN;INSZ;Identiteitskaart;Beroep\nAn;BE68539007547034;85073003328;592-1234567-32;Kok\n")
	editor := policy.For(policy.Actor{ID: "usr_e", Name: "E"}, policy.Editor).In(h.grant.Tenant())
	owner := h.grant
	h.grant = editor
	imp := h.upload("x.csv", file)
	if diff := cmp.Diff([]string{"firstName", "", "", "", "occupation"}, mapped(imp)); diff != "" {
		t.Error(diff)
	}
	columns := with(imp.Guess.Columns, 1, importer.Column{Field: "iban"})
	_, err := h.imports.SetPlan(t.Context(), repository.Write{Grant: editor}, imp.ID, importer.Plan{Columns: columns})
	if f := fault.From(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Path != "columns[1].field" || f.Fields[0].Code != "denied" {
		t.Errorf("%v", err)
	}
	h.grant = owner
	if diff := cmp.Diff([]string{"firstName", "iban", "nationalNumber.number", "identityDocument.number", "occupation"}, mapped(h.upload("x.csv", file))); diff != "" {
		t.Error(diff)
	}
}

// Cells become values of the organisation's own fields by the fields' types, and a column a new field of most types.
func TestOwnFieldsOfEveryType(t *testing.T) {
	h := open(t, nil)
	w := repository.Write{Grant: h.grant}
	for _, body := range []string{
		`{"for":"contact","name":"text1","label":"Tekst","type":"text"}`,
		`{"for":"contact","name":"long1","label":"Lang","type":"long"}`,
		`{"for":"contact","name":"number1","label":"Getal","type":"number"}`,
		`{"for":"contact","name":"amount1","label":"Bedrag","type":"amount"}`,
		`{"for":"contact","name":"date1","label":"Dag","type":"date"}`,
		`{"for":"contact","name":"flag1","label":"Vlag","type":"flag"}`,
		`{"for":"contact","name":"choice1","label":"Keuze","type":"choice","options":["Rood","Blauw"]}`,
		`{"for":"contact","name":"choices1","label":"Keuzes","type":"choices","options":["Rood","Blauw","Groen, licht"]}`,
		`{"for":"contact","name":"link1","label":"Verwijzing","type":"link"}`,
		`{"for":"contact","name":"file1","label":"Bestand","type":"file"}`,
	} {
		if _, err := h.kernel.Records.Create(t.Context(), w, setting.FieldName, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	file := "Voornaam;Tekst;Lang;Getal;Bedrag;Dag;Vlag;Keuze;Keuzes;Verwijzing;Bestand\n" +
		"An;hallo;a b;12,5;€ 1.234,50;3/4/1980;ja;rood;blauw, ROOD;example.org/a;x.pdf\n" +
		"Bo;;;-1000;12 GBP;23/4/2031;nee;BLAUW;groen, licht;;\n" +
		"Cis;;;veel;veel;31/2/2020;misschien;paars;rood|paars;;\n"
	imp := h.upload("x.csv", []byte(file))
	want := []string{"firstName", "custom.text1", "custom.long1", "", "", "", "", "", "", "custom.link1", ""}
	if diff := cmp.Diff(want, mapped(imp)); diff != "" {
		t.Error(diff) // a third of them is wrong
	}
	columns := imp.Guess.Columns
	for i, name := range []string{"number1", "amount1", "date1", "flag1", "choice1", "choices1"} {
		columns = with(columns, i+3, importer.Column{Field: "custom." + name})
	}
	imp = h.run(h.plan(imp.ID, importer.Plan{Columns: columns}).ID)
	var got []string
	for _, c := range h.contacts(h.rows(imp.ID, importer.Create, 10)) {
		raw, err := json.Marshal(c.Custom)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(raw))
	}
	if diff := cmp.Diff([]string{
		`{"amount1":{"amount":123450,"currency":"EUR"},"choice1":"Rood","choices1":["Blauw","Rood"],"date1":"1980-04-03","flag1":true,"link1":"https://example.org/a","long1":"a b","number1":12.5,"text1":"hallo"}`,
		`{"amount1":{"amount":1200,"currency":"GBP"},"choice1":"Blauw","choices1":["Groen, licht"],"date1":"2031-04-23","flag1":false,"number1":-1000}`,
	}, got); diff != "" {
		t.Error(diff)
	}
	var codes []string
	for _, why := range h.rows(imp.ID, importer.Refused, 10)[0].Reasons {
		codes = append(codes, why.Column+" "+why.Code)
	}
	if diff := cmp.Diff([]string{"Getal bad_number", "Bedrag bad_number", "Dag bad_date", "Vlag bad_yes_no"}, codes); diff != "" {
		t.Error(diff)
	}

	imp = h.upload("y.csv", []byte("Voornaam;Lid sinds;Bijdrage\nAn;2019-09-01;12,50\n"))
	columns = with(with(imp.Guess.Columns, 1, importer.Column{NewCustomField: "date"}), 2, importer.Column{NewCustomField: "amount"})
	imp = h.run(h.plan(imp.ID, importer.Plan{Columns: columns}).ID)
	if c := h.contacts(h.rows(imp.ID, importer.Create, 10)); len(c) != 1 || c[0].Custom["lidSinds"] != "2019-09-01" {
		t.Errorf("%v %+v", imp.Counts, c)
	}
	imp = h.upload("z.csv", []byte("Voornaam;Groep kleur;Bijdrage\nAn;rood;1\nBo;ROOD;1\nCis;blauw;1\n"))
	imp = h.run(h.plan(imp.ID, importer.Plan{Columns: with(imp.Guess.Columns, 1, importer.Column{NewCustomField: "choice"})}).ID)
	if c := h.contacts(h.rows(imp.ID, importer.Create, 10)); len(c) != 3 || c[1].Custom["groepKleur"] != "rood" {
		t.Errorf("a choice of its values: %v %+v", imp.Counts, c)
	}
	imp = h.upload("w.csv", []byte("Voornaam;Leeg\nAn;\n"))
	if _, err := h.imports.SetPlan(t.Context(), w, imp.ID, importer.Plan{Columns: with(imp.Guess.Columns, 1, importer.Column{NewCustomField: "choice"})}); fault.From(err) == nil || fault.From(err).Kind != fault.Invalid {
		t.Errorf("a choice without options: %v", err)
	}
}

// The type of a new field is guessed from the values of a column nobody knows.
func TestNewTypes(t *testing.T) {
	h := open(t, nil)
	for want, values := range map[string]string{
		"text": "abc|def x|hij", "number": "1|20|3,5|-4", "amount": "€ 12,50|3 EUR|€ 1.000", "date": "01/02/2019|2020-03-04|05/06/2021",
		"flag": "ja|nee|ja", "choice": "rood|blauw|rood|blauw|rood|blauw", "choices": "a, b|b|a|a, b|a, b, c|c|c", "link": "https://example.org|www.example.org/x",
	} {
		rows := strings.Split(values, "|")
		for i := range rows {
			rows[i] = fmt.Sprintf("P%d;\"%s\"", i, rows[i])
		}
		imp := h.upload("x.csv", []byte("Voornaam;Iets eigens\n"+strings.Join(rows, "\n")+"\n"))
		if c := imp.Guess.Columns[1]; c.NewType != want || c.Field != "" {
			t.Errorf("%s: %q, goes to %q", want, c.NewType, c.Field)
		}
	}
	for values, kind := range map[string]string{"0471|0472|0473": "text", "02 345 67 89|03 456 78 90": "text"} {
		imp := h.upload("x.csv", []byte("Voornaam;Iets eigens\nA;"+strings.ReplaceAll(values, "|", "\nB;")+"\n"))
		if c := imp.Guess.Columns[1]; c.NewType != kind {
			t.Errorf("%s: %q", values, c.NewType)
		}
	}
}
