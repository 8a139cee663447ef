package demo

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

// setUp makes what the club has decided about itself: fields, values of lists, sections, seasons, stores and client groups.
func (s *story) setUp(ctx context.Context, w repository.Write) error {
	s.own, s.set = true, map[string]string{}
	create := func(kind string, body map[string]any) (string, error) {
		res, err := s.Records.Create(ctx, w, kind, encode(body))
		if err != nil {
			return "", fmt.Errorf("demo: %s %v: %w", kind, body["name"], err)
		}
		return res.Record.Base().ID, nil
	}
	for i, f := range fields {
		f = maps.Clone(f)
		f["order"] = i + 1
		if f["for"] == nil {
			f["for"] = contact.Name
		}
		if _, err := create(setting.FieldName, f); err != nil {
			return err
		}
	}
	for _, v := range values {
		if _, err := create(setting.ValueName, v); err != nil {
			return err
		}
	}
	for _, e := range sections {
		body := map[string]any{"name": e.name}
		if e.below != "" {
			body["parent"] = s.set[e.below]
		}
		id, err := create(setting.EntityName, body)
		if err != nil {
			return err
		}
		s.set[e.name] = id
	}
	for _, body := range stores {
		id, err := create(setting.StoreName, body)
		if err != nil {
			return err
		}
		s.set[body["name"].(string)] = id
	}
	for _, body := range clientGroups {
		id, err := create(setting.ClientGroupName, body)
		if err != nil {
			return err
		}
		s.set[body["name"].(string)] = id
	}
	for year := s.start.Year() - 1; year <= s.now.Year(); year++ {
		from := time.Date(year, time.September, 1, 0, 0, 0, 0, s.now.Location())
		to := from.AddDate(1, 0, -1)
		current := !s.now.Before(from) && s.now.Before(from.AddDate(1, 0, 0))
		id, err := create(setting.SeasonName, map[string]any{"name": seasonOf(from), "from": from.Format(time.DateOnly),
			"to": to.Format(time.DateOnly), "current": current})
		if err != nil {
			return err
		}
		s.set[seasonOf(from)] = id
	}
	_, err := s.Records.Patch(ctx, w, setting.Name, setting.Owner, repository.AnyVersion, encode(map[string]any{
		"bankAccounts": []map[string]any{{"iban": s.account(), "holder": Name}}, "federation": map[string]any{"name": "Hockey federation", "number": "VHL-1807"}}))
	return err
}

// seasonOf names the season a day is in.
func seasonOf(day time.Time) string {
	year := day.Year()
	if day.Month() < time.September {
		year--
	}
	return fmt.Sprintf("%d-%d", year, year+1)
}

// fields are the club's own, of contacts where nothing is said.
var fields = []map[string]any{
	{"name": "photoConsent", "label": "Photo consent", "type": "choice", "options": []string{"yes", "no", "not asked"}},
	{"name": "emergency", "label": "In case of emergency", "type": "text"},
	{"name": "instrument", "label": "Instrument or voice", "type": "choice",
		"options": []string{"soprano", "alto", "tenor", "bass", "piano", "violin", "clarinet", "percussion"}},
	{"name": "licenceUntil", "label": "Licence until", "type": "date"},
	{"name": "goals", "label": "Goals this season", "type": "number", "min": "0", "max": "500"},
	{"name": "swims", "label": "Can swim", "type": "flag"},
	{"name": "keyDeposit", "label": "Key deposit", "type": "amount"},
	{"name": "canHelp", "label": "Can help with", "type": "choices", "options": []string{"bar", "kitchen", "driving", "first aid", "sound and light"}},
	{"name": "allergies", "label": "Allergies", "type": "text", "class": "sensitive"},
	{"name": "ownPage", "label": "Own page", "type": "link", "optional": true},
	{"name": "ambitions", "label": "Ambitions", "type": "long", "optional": true},
	{"name": "carpool", "label": "Takes part in car sharing", "type": "flag", "for": "family"},
	{"name": "sponsorLevel", "label": "Sponsor level", "type": "choice", "options": []string{"gold", "silver", "bronze"}, "for": "company"},
	{"name": "contractUntil", "label": "Contract until", "type": "date", "for": "company"},
	{"name": "field", "label": "Field or hall", "type": "choice", "options": []string{"field 1", "field 2", "hall", "stage"}, "for": "group"},
}

// values are what the club adds to the lists.
var values = []map[string]any{
	{"list": "category", "code": "coach", "label": "Coach or referee"},
	{"list": "category", "code": "honorary", "label": "Honorary member"},
	{"list": "kitSize", "code": "kid128", "label": "128"},
	{"list": "kitSize", "code": "kid140", "label": "140"},
	{"list": "kitSize", "code": "kid152", "label": "152"},
	{"list": "kitSize", "code": "kid164", "label": "164"},
	{"list": "companyFunction", "code": "caretaker", "label": "Caretaker"},
}

// sections are the club's parts, each behind the one it is below.
var sections = []struct{ name, below string }{
	{"Hockey", ""}, {"Hockey youth", "Hockey"}, {"Culture", ""}, {"Choir", "Culture"}, {"Theatre", "Culture"}, {"Dance", "Culture"}, {"Recreation", ""},
}

var stores = []map[string]any{
	{"name": "Club shop", "default": true, "address": map[string]any{"street": "Lindelaan", "number": "1", "postcode": "3080", "town": "Tervuren"}},
	{"name": "Bar and hall", "senderEmail": "hall@demo.example", "address": map[string]any{"street": "Lindelaan", "number": "1", "box": "B", "postcode": "3080", "town": "Tervuren"}},
}

var clientGroups = []map[string]any{
	{"name": "Friends of the club", "discount": 500},
	{"name": "Associations", "discount": 1000, "paymentTermDays": 30},
}
