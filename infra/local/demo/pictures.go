package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// drawing makes every choice of what is uploaded repeat.
var drawing = [32]byte{'d', 'r', 'a', 'w', 'i', 'n', 'g'}

// uploads are the photos of every ninth, drawn faces of nobody, and the signed forms of some.
func (s *story) uploads() {
	r := rand.New(rand.NewChaCha8(drawing))
	for i, p := range s.people {
		days := time.Duration(r.IntN(20)+1) * 24 * time.Hour
		look := uint64(r.Int64())
		if i%9 == 4 && p.business == nil {
			s.on(p.joined.Add(days), func(ctx context.Context) error {
				if p.at.ID == "" || p.at.DeletedAt != nil {
					return nil
				}
				id, err := s.send(ctx, contact.Name, p.at.ID, "photo.png", file.Photo, portrait(p.at, look, s.now))
				if err != nil {
					return err
				}
				_, err = s.files.SetPicture(ctx, s.by(ines), contact.Name, p.at.ID, repository.AnyVersion, id)
				return err
			})
		}
		if i%7 == 2 {
			s.on(p.joined.Add(days/2), func(ctx context.Context) error {
				if p.at.ID == "" || p.at.DeletedAt != nil {
					return nil
				}
				form, err := signedForm(p, s.clock.Now())
				if err != nil {
					return err
				}
				id, err := s.send(ctx, contact.Name, p.at.ID, fmt.Sprintf("Enrolment %d.pdf", p.joined.Year()), file.Document, form)
				if err != nil {
					return err
				}
				_, err = s.files.Ready(ctx, s.by(ines), id)
				return err
			})
		}
	}
}

// logo gives a company a sign of its own.
func (s *story) logo(ctx context.Context, id string, n int) error {
	c := shirts[n%len(shirts)]
	fill := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	sign := []string{`<circle cx="32" cy="32" r="17"/>`, `<path d="M32 12 52 46H12z"/>`, `<path d="M14 24h36v8H14zM14 38h24v8H14z"/>`, `<path d="M20 14h12v36H20zM36 26h12v24H36z"/>`}[n%4]
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="10" fill="` + fill + `"/><g fill="#fff">` + sign + `</g></svg>`
	of, err := s.send(ctx, company.Name, id, "logo.svg", file.Logo, []byte(svg))
	if err != nil {
		return err
	}
	_, err = s.files.SetPicture(ctx, s.by(ines), company.Name, id, repository.AnyVersion, of)
	return err
}

// send uploads a file of a record and gives its id.
func (s *story) send(ctx context.Context, kind, owner, name string, what file.Purpose, content []byte) (string, error) {
	w := s.by(ines)
	_, upload, err := s.files.Begin(ctx, w, kind, owner, name, int64(len(content)), what)
	if err != nil {
		return "", err
	}
	_, err = s.Blobs.Put(ctx, w.Grant.Tenant().Blob("tmp", upload.ID), bytes.NewReader(content), blob.Options{})
	return upload.ID, err
}

// signedForm is the paper somebody signed when they joined.
func signedForm(p *person, at time.Time) ([]byte, error) {
	f := fpdf.New("P", "mm", "A5", "")
	f.SetCreationDate(at)
	f.SetModificationDate(at)
	f.SetCatalogSort(true)
	f.AddPage()
	plain := f.UnicodeTranslatorFromDescriptor("")
	f.SetFont("Helvetica", "B", 16)
	f.CellFormat(0, 12, plain(Name), "", 1, "L", false, 0, "")
	f.SetFont("Helvetica", "", 11)
	for _, line := range []string{"Enrolment", "", record.Title(p.at), p.joined.Format("02/01/2006"), "", "I have read the house rules and agree with them."} {
		f.CellFormat(0, 8, plain(line), "", 1, "L", false, 0, "")
	}
	var b bytes.Buffer
	err := f.Output(&b)
	return b.Bytes(), err
}

// side is the width and height of a portrait in pixels.
const side = 384

// layer is a part of a portrait: an ellipse in shares of the side, of which what lies between top and bottom is seen.
type layer struct {
	x, y, rx, ry, top, bottom float64
	fill                      color.RGBA
}

func (l layer) covers(x, y float64) bool {
	dx, dy := (x-l.x)/l.rx, (y-l.y)/l.ry
	return dx*dx+dy*dy <= 1 && y >= l.top && y <= l.bottom
}

var (
	skins  = []color.RGBA{{250, 220, 196, 255}, {240, 200, 168, 255}, {214, 164, 124, 255}, {160, 112, 80, 255}, {112, 76, 56, 255}}
	hairs  = []color.RGBA{{60, 44, 36, 255}, {36, 32, 32, 255}, {120, 84, 52, 255}, {196, 152, 88, 255}, {148, 72, 44, 255}}
	grey   = color.RGBA{190, 190, 194, 255}
	shirts = []color.RGBA{{52, 88, 164, 255}, {172, 60, 60, 255}, {44, 128, 104, 255}, {232, 176, 64, 255}, {96, 72, 140, 255}, {70, 80, 92, 255}}
	walls  = []color.RGBA{{206, 222, 240, 255}, {226, 236, 218, 255}, {244, 228, 212, 255}, {228, 220, 240, 255}, {220, 228, 230, 255}}
)

// portrait draws the head and shoulders of somebody.
func portrait(c *contact.Contact, look uint64, now time.Time) []byte {
	r := rand.New(rand.NewPCG(look, look))
	skin, hair, shirt, wall := pick(r, skins), pick(r, hairs), pick(r, shirts), pick(r, walls)
	if c.BirthDate != "" && c.BirthDate < record.DateOf(now.AddDate(-62, 0, 0)) {
		hair = grey
	}
	ink := color.RGBA{56, 40, 40, 255}
	const all = 2
	var layers []layer // the hindmost first
	if c.Gender == "female" || r.IntN(6) == 0 {
		layers = append(layers, layer{.5, .5, .26, .34 - r.Float64()*.12, 0, all, hair})
	}
	layers = append(layers,
		layer{.5, 1.06, .38, .34, 0, all, shirt},
		layer{.5, .72, .09, .13, 0, all, darker(skin)},
		layer{.5, .46, .18, .235, 0, all, skin},
		layer{.5, .42, .205, .25, 0, .32 + r.Float64()*.06, hair},
		layer{.43, .47, .017, .022, 0, all, ink},
		layer{.57, .47, .017, .022, 0, all, ink},
		layer{.5, .56, .065, .04, .565, all, color.RGBA{176, 84, 84, 255}})
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for py := range side {
		for px := range side {
			x, y := (float64(px)+.5)/side, (float64(py)+.5)/side
			fill := wall
			for _, l := range layers {
				if l.covers(x, y) {
					fill = l.fill
				}
			}
			img.SetRGBA(px, py, fill)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("demo: " + err.Error()) // into memory
	}
	return b.Bytes()
}

func darker(c color.RGBA) color.RGBA { return color.RGBA{c.R / 8 * 7, c.G / 8 * 7, c.B / 8 * 7, 255} }
