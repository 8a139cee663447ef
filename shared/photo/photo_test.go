package photo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/photo"
)

var (
	red    = color.RGBA{200, 0, 0, 255}
	green  = color.RGBA{0, 200, 0, 255}
	blue   = color.RGBA{0, 0, 200, 255}
	yellow = color.RGBA{200, 200, 0, 255}
	white  = color.RGBA{255, 255, 255, 255}
)

// quarters is a picture of four colours: red and green above, blue and yellow below.
func quarters(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	middle := image.Pt((w+1)/2, (h+1)/2)
	for c, part := range map[color.RGBA]image.Rectangle{red: {Max: middle}, green: image.Rect(middle.X, 0, w, middle.Y),
		blue: image.Rect(0, middle.Y, middle.X, h), yellow: {Min: middle, Max: image.Pt(w, h)}} {
		draw.Draw(img, part, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// byteOrder is one of the two.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// exif is a block that says how the camera was held, and where.
func exif(order byteOrder, orientation int) []byte {
	b := []byte("II*\x00")
	if order == byteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	entry := func(tag, kind uint16, count uint32) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
	}
	entry(0x0112, 3, 1)
	b = order.AppendUint16(b, uint16(orientation))
	b = append(b, 0, 0)
	entry(0x8825, 2, uint32(len(place)))
	b = order.AppendUint32(b, 38)
	b = order.AppendUint32(b, 0)
	return append(b, place...)
}

const place = "51.0543 N 3.7174 E"

// inJPEG puts segments behind the beginning of a JPEG.
func inJPEG(picture []byte, marker byte, segment []byte) []byte {
	out := append([]byte{}, picture[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	out = append(out, segment...)
	return append(out, picture[2:]...)
}

// inPNG puts a chunk before the end of a PNG. Its checksum is not looked at.
func inPNG(picture []byte, name string, chunk []byte) []byte {
	end := len(picture) - 12
	out := append([]byte{}, picture[:end]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)))
	out = append(append(out, name...), chunk...)
	out = binary.BigEndian.AppendUint32(out, crc(append([]byte(name), chunk...)))
	return append(out, picture[end:]...)
}

// inWebP puts a chunk at the end of a WebP.
func inWebP(picture []byte, name string, chunk []byte) []byte {
	out := append([]byte{}, picture...)
	out = append(out, name...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(chunk)))
	out = append(out, chunk...)
	if len(chunk)%2 == 1 {
		out = append(out, 0)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// see decodes a picture that was made and holds it against what is said of it.
func see(t *testing.T, p photo.Picture) image.Image {
	t.Helper()
	img, format, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	if "image/"+format != p.Type || img.Bounds().Size() != image.Pt(p.Width, p.Height) {
		t.Errorf("%s of %v, said to be %s of %d x %d", format, img.Bounds(), p.Type, p.Width, p.Height)
	}
	return img
}

// near tells whether a colour is about another.
func near(a color.Color, b color.RGBA) bool {
	r, g, bl, al := a.RGBA()
	off := func(x uint32, y uint8) bool { return max(int(x>>8), int(y))-min(int(x>>8), int(y)) > 30 }
	return !off(r, b.R) && !off(g, b.G) && !off(bl, b.B) && !off(al, b.A)
}

func corners(t *testing.T, what string, img image.Image, want [4]color.RGBA) {
	t.Helper()
	b := img.Bounds()
	x, y := b.Dx()/8, b.Dy()/8
	at := [4]image.Point{{x, y}, {b.Dx() - 1 - x, y}, {x, b.Dy() - 1 - y}, {b.Dx() - 1 - x, b.Dy() - 1 - y}}
	for i, p := range at {
		if got := img.At(p.X, p.Y); !near(got, want[i]) {
			t.Errorf("%s: corner %d is %v, want %v", what, i, got, want[i])
		}
	}
}

func crc(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

func refusal(err error) string {
	if err == nil {
		return ""
	}
	f := fault.From(err)
	if f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "file" {
		return err.Error()
	}
	return f.Fields[0].Code
}

func TestUpright(t *testing.T) {
	want := [9][4]color.RGBA{
		0: {red, green, blue, yellow}, 1: {red, green, blue, yellow}, 2: {green, red, yellow, blue}, 3: {yellow, blue, green, red},
		4: {blue, yellow, red, green}, 5: {red, blue, green, yellow}, 6: {blue, red, yellow, green}, 7: {yellow, green, blue, red}, 8: {green, yellow, red, blue},
	}
	img := quarters(120, 80)
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for o := range 9 {
			block := exif(order, o)
			for name, data := range map[string][]byte{
				"JPEG": inJPEG(asJPEG(t, img), 0xe1, append([]byte("Exif\x00\x00"), block...)),
				"PNG":  inPNG(asPNG(t, img), "eXIf", block),
			} {
				what := fmt.Sprintf("%s %v %d", name, order, o)
				s, err := photo.Make(t.Context(), data, photo.Logo)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				size := image.Pt(120, 80)
				if o >= 5 {
					size = image.Pt(80, 120)
				}
				if got := image.Pt(s.Whole.Width, s.Whole.Height); got != size {
					t.Errorf("%s: %v", what, got)
				}
				for _, p := range []photo.Picture{s.Whole, s.Large, s.Small} {
					corners(t, what, see(t, p), want[o])
				}
			}
		}
	}
	webp := inWebP(sample(t, "lossless.webp"), "EXIF", append([]byte("Exif\x00\x00"), exif(binary.BigEndian, 6)...))
	s, err := photo.Make(t.Context(), webp, photo.Portrait)
	if err != nil || s.Whole.Width != 32 || s.Whole.Height != 48 {
		t.Fatalf("WebP: %d x %d, %v", s.Whole.Width, s.Whole.Height, err)
	}
	corners(t, "WebP", see(t, s.Whole), [4]color.RGBA{white, {255, 0, 0, 255}, {0, 0, 255, 255}, white})
}

// Nothing of what a file says beside its pixels stays: REC-24.
func TestOnlyPixelsStay(t *testing.T) {
	img := quarters(400, 300)
	script := []byte("<script>alert(1)</script>")
	jpg := inJPEG(asJPEG(t, img), 0xe1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 3)...))
	jpg = append(inJPEG(jpg, 0xfe, script), script...)
	pic := inPNG(asPNG(t, img), "eXIf", exif(binary.BigEndian, 1))
	pic = append(inPNG(pic, "tEXt", append([]byte("Comment\x00"), script...)), script...)
	webp := inWebP(inWebP(sample(t, "lossy.webp"), "EXIF", exif(binary.LittleEndian, 1)), "XMP ", script)
	for name, data := range map[string][]byte{"JPEG": jpg, "PNG": pic, "WebP": webp} {
		if !bytes.Contains(data, []byte(place)) || !bytes.Contains(data, script) {
			t.Fatalf("%s holds nothing to lose", name)
		}
		for _, style := range []photo.Style{photo.Portrait, photo.Logo} {
			if name == "WebP" && style == photo.Logo {
				continue
			}
			s, err := photo.Make(t.Context(), data, style)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, p := range []photo.Picture{s.Whole, s.Large, s.Small} {
				for _, trace := range []string{place, "Exif", "eXIf", "EXIF", "script", "tEXt", "ICCP", "Google"} {
					if bytes.Contains(p.Data, []byte(trace)) {
						t.Errorf("%s: %q is still in it", name, trace)
					}
				}
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		w, h                int
		style               photo.Style
		whole, large, small image.Point
	}{
		{1000, 500, photo.Portrait, image.Pt(1000, 500), image.Pt(320, 320), image.Pt(96, 96)},
		{500, 1000, photo.Portrait, image.Pt(500, 1000), image.Pt(320, 320), image.Pt(96, 96)},
		{1000, 500, photo.Logo, image.Pt(1000, 500), image.Pt(320, 160), image.Pt(96, 48)},
		{100, 100, photo.Portrait, image.Pt(100, 100), image.Pt(100, 100), image.Pt(96, 96)},
		{40, 20, photo.Portrait, image.Pt(40, 20), image.Pt(20, 20), image.Pt(20, 20)},
		{1, 1, photo.Logo, image.Pt(1, 1), image.Pt(1, 1), image.Pt(1, 1)},
		{5000, 3, photo.Logo, image.Pt(4096, 2), image.Pt(320, 1), image.Pt(96, 1)},
		{4200, 60, photo.Portrait, image.Pt(4096, 59), image.Pt(59, 59), image.Pt(59, 59)},
		{97, 2000, photo.Portrait, image.Pt(97, 2000), image.Pt(97, 97), image.Pt(96, 96)},
	} {
		s, err := photo.Make(t.Context(), asPNG(t, quarters(c.w, c.h)), c.style)
		if err != nil {
			t.Fatalf("%d x %d: %v", c.w, c.h, err)
		}
		for i, p := range []photo.Picture{s.Whole, s.Large, s.Small} {
			want := []image.Point{c.whole, c.large, c.small}[i]
			see(t, p)
			if got := image.Pt(p.Width, p.Height); got != want {
				t.Errorf("%d x %d, picture %d: %v, want %v", c.w, c.h, i, got, want)
			}
		}
	}
}

// A portrait is cut where faces are: in the middle across, above the middle down.
func TestCut(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 400, 800))
	for y := range 800 {
		for x := range 400 {
			c := blue
			if y >= 100 && y < 500 {
				c = red
			}
			img.Set(x, y, c)
		}
	}
	s, err := photo.Make(t.Context(), asPNG(t, img), photo.Portrait)
	if err != nil {
		t.Fatal(err)
	}
	corners(t, "upright", see(t, s.Large), [4]color.RGBA{red, red, red, red})
}

func TestTransparency(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 500, 500))
	for y := range 250 {
		for x := range 500 {
			img.Set(x, y, red)
		}
	}
	clear := color.RGBA{}
	for style, want := range map[photo.Style][4]color.RGBA{photo.Logo: {red, red, clear, clear}, photo.Portrait: {red, red, white, white}} {
		s, err := photo.Make(t.Context(), asPNG(t, img), style)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []photo.Picture{s.Whole, s.Large, s.Small} {
			corners(t, fmt.Sprint(style), see(t, p), want)
		}
	}
	for _, name := range []string{"lossy.webp", "transparent.webp", "lossless.webp"} {
		s, err := photo.Make(t.Context(), sample(t, name), photo.Portrait)
		if err != nil || s.Whole.Type != "image/jpeg" {
			t.Fatalf("%s: %s %v", name, s.Whole.Type, err)
		}
		corners(t, name, see(t, s.Whole), [4]color.RGBA{{255, 0, 0, 255}, white, white, {0, 0, 255, 255}})
	}
}

// What a picture says of its size is believed before it is decoded, so hostile ones cost nothing.
func TestRefused(t *testing.T) {
	jpg, pic := asJPEG(t, quarters(64, 64)), asPNG(t, quarters(64, 64))
	frame := bytes.Index(jpg, []byte{0xff, 0xc0})
	full := func(picture []byte) []byte { // no colour is thinned out
		for _, at := range []int{11, 14, 17} {
			picture[frame+at] = 0x11
		}
		return picture
	}
	framed := func(marker byte, w, h uint16) []byte {
		out := bytes.Clone(jpg)
		out[frame+1] = marker
		binary.BigEndian.PutUint16(out[frame+5:], h)
		binary.BigEndian.PutUint16(out[frame+7:], w)
		return out
	}
	sized := func(w, h uint32) []byte {
		out := bytes.Clone(pic)
		binary.BigEndian.PutUint32(out[16:], w)
		binary.BigEndian.PutUint32(out[20:], h)
		binary.BigEndian.PutUint32(out[29:], crc(out[12:29]))
		return out
	}
	var movie bytes.Buffer
	if err := gif.Encode(&movie, quarters(8, 8), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                          {nil, "file_empty"},
		"too many bytes":                   {make([]byte, photo.MaxBytes+1), "file_too_large"},
		"GIF":                              {movie.Bytes(), "photo_type"},
		"HTML":                             {[]byte("<html><script>"), "photo_type"},
		"SVG":                              {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "photo_type"},
		"PDF":                              {[]byte("%PDF-1.7\n"), "photo_type"},
		"BMP":                              {append([]byte("BM"), make([]byte, 60)...), "photo_type"},
		"a name is no content":             {[]byte("photo.jpg"), "photo_type"},
		"JPEG of a few bytes":              {[]byte{0xff, 0xd8, 0xff}, "file_damaged"},
		"half a JPEG":                      {jpg[:len(jpg)/2], "file_damaged"},
		"JPEG that ends in its header":     {jpg[:frame+4], "file_damaged"},
		"half a PNG":                       {pic[:60], "file_damaged"},
		"PNG without header":               {pic[:8], "file_damaged"},
		"animated WebP":                    {inWebP(sample(t, "lossy.webp"), "ANIM", make([]byte, 6)), "photo_type"},
		"JPEG 65535 x 65535":               {framed(0xc0, 65535, 65535), "photo_pixels"},
		"JPEG 16000 x 4000":                {framed(0xc0, 16000, 4000), "photo_pixels"},
		"JPEG 9000 x 5700 in passes":       {full(framed(0xc2, 9000, 5700)), "photo_pixels"},
		"JPEG 0 x 0":                       {framed(0xc0, 0, 0), "file_damaged"},
		"JPEG of an unknown way":           {framed(0xc3, 64, 64), "file_damaged"},
		"PNG 2^31 x 2^31":                  {sized(1<<31, 1<<31), "photo_pixels"},
		"PNG 16385 x 1":                    {sized(16385, 1), "photo_pixels"},
		"PNG 10000 x 10000":                {sized(10000, 10000), "photo_pixels"},
		"PNG that holds less than it says": {sized(5000, 5000), "file_damaged"},
		"JPEG with a thousand scans":       {append(bytes.Clone(jpg), bytes.Repeat([]byte{0xff, 0xda}, 1000)...), "file_damaged"},
		"JPEG with two frames":             {inJPEG(jpg, 0xc0, jpg[frame+4:frame+19]), "file_damaged"},
	} {
		for _, style := range []photo.Style{photo.Portrait, photo.Logo} {
			if _, err := photo.Make(t.Context(), c.data, style); refusal(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
	}
	if _, err := photo.Make(t.Context(), sample(t, "lossy.webp")[:540], photo.Portrait); refusal(err) != "file_damaged" {
		t.Errorf("half a WebP: %v", err)
	}
	if _, err := photo.Make(t.Context(), sample(t, "lossy.webp"), photo.Logo); refusal(err) != "photo_type" {
		t.Errorf("a logo in WebP: %v", err)
	}
}

func TestGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused := 0
	for range 50 { // with a free turn, either may come first
		if _, err := photo.Make(ctx, asPNG(t, quarters(8, 8)), photo.Portrait); errors.Is(err, context.Canceled) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Error("a caller who left is waited for")
	}
}

func FuzzMake(f *testing.F) {
	f.Add(asJPEG(f, quarters(20, 10)))
	f.Add(inJPEG(asJPEG(f, quarters(9, 9)), 0xe1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 6)...)))
	f.Add(inPNG(asPNG(f, quarters(20, 10)), "eXIf", exif(binary.BigEndian, 8)))
	for _, name := range []string{"lossy.webp", "transparent.webp", "lossless.webp"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 20_000 {
			return
		}
		for _, style := range []photo.Style{photo.Portrait, photo.Logo} {
			s, err := photo.Make(t.Context(), data, style)
			if err != nil {
				switch refusal(err) {
				case "photo_type", "photo_pixels", "file_damaged", "file_empty":
				default:
					t.Fatal(err)
				}
				continue
			}
			for i, p := range []photo.Picture{s.Whole, s.Large, s.Small} {
				if most := []int{photo.Kept, photo.Large, photo.Small}[i]; p.Width < 1 || p.Height < 1 || p.Width > most || p.Height > most {
					t.Errorf("picture %d is %d x %d", i, p.Width, p.Height)
				}
				if _, _, err := image.DecodeConfig(bytes.NewReader(p.Data)); err != nil {
					t.Errorf("picture %d: %v", i, err)
				}
			}
		}
	})
}

func BenchmarkMake(b *testing.B) {
	for _, size := range []image.Point{{1600, 1200}, {4000, 3000}, {8160, 6120}} {
		data := asJPEG(b, quarters(size.X, size.Y))
		b.Run(size.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := photo.Make(b.Context(), data, photo.Portrait); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
