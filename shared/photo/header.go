package photo

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/webp"

	"github.com/muster-crm/muster/shared/fault"
)

type format int

const (
	formatJPEG format = iota
	formatPNG
	formatWebP
)

// header is what is known of a picture before it is decoded.
type header struct {
	format      format
	size        image.Point
	memory      int // bytes that decoding takes
	orientation int // of EXIF: 1 to 8, 0 when it says nothing
}

var errDamaged = fault.Bad("file", "file_damaged")

// maxScans is how many passes over its pixels a JPEG may ask for; cameras and programs make at most some ten.
const maxScans = 200

// look reads a picture's header and holds it against the limits.
func look(data []byte) (header, error) {
	var h header
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		h, err = lookJPEG(data)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		h, err = lookPNG(data)
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		h, err = lookWebP(data)
	default:
		return header{}, fault.Bad("file", "photo_type")
	}
	if err == nil && (h.size.X < 1 || h.size.Y < 1) {
		err = errDamaged
	}
	if err != nil {
		return header{}, err
	}
	if h.size.X > MaxSide || h.size.Y > MaxSide || h.size.X*h.size.Y > MaxPixels || h.memory > MaxMemory {
		return header{}, fault.Bad("file", "photo_pixels")
	}
	return h, nil
}

// lookJPEG walks the segments up to the first scan.
func lookJPEG(data []byte) (header, error) {
	h := header{format: formatJPEG}
	// In the pixels 0xFF is never followed by 0xDA, so this counts at least as many scans as there are.
	if bytes.Count(data, []byte{0xff, 0xda}) > maxScans {
		return h, errDamaged
	}
	rest := data[2:]
	for {
		for len(rest) > 1 && rest[0] == 0xff && rest[1] == 0xff {
			rest = rest[1:] // filling
		}
		if len(rest) < 4 || rest[0] != 0xff {
			return h, errDamaged
		}
		marker, size := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker < 0xc0 || marker >= 0xd0 && marker <= 0xd9 || size < 2 || len(rest) < 2+size {
			return h, errDamaged // segments of no length are no part of a header
		}
		segment := rest[4 : 2+size]
		switch {
		case marker == 0xda: // the first scan; a frame came before it
			return h, nil
		case marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) && h.orientation == 0:
			h.orientation = orientation(segment[6:])
		case marker == 0xc0 || marker == 0xc1 || marker == 0xc2:
			if h.memory != 0 {
				return h, errDamaged // a second frame
			}
			if err := h.frame(segment, marker == 0xc2); err != nil {
				return h, err
			}
		}
		rest = rest[2+size:]
	}
}

// frame reads the size of a JPEG and what its decoder will take: the samples of each component, and where they come in
// several passes their coefficients as well.
func (h *header) frame(segment []byte, progressive bool) error {
	if len(segment) < 6 || len(segment) < 6+3*int(segment[5]) || segment[5] == 0 || segment[5] > 4 {
		return errDamaged
	}
	h.size = image.Pt(int(binary.BigEndian.Uint16(segment[3:])), int(binary.BigEndian.Uint16(segment[1:])))
	across, down, samples := 1, 1, 0
	for i := range int(segment[5]) {
		ch, cv := int(segment[7+3*i]>>4), int(segment[7+3*i]&15)
		if ch < 1 || ch > 4 || cv < 1 || cv > 4 {
			return errDamaged
		}
		across, down, samples = max(across, ch), max(down, cv), samples+ch*cv
	}
	units := (h.size.X/(8*across) + 1) * (h.size.Y/(8*down) + 1)
	each := 1
	if progressive {
		each += 4
	}
	if segment[5] == 4 {
		each += 4 // put together out of its colours afterwards
	}
	h.memory = units * samples * 64 * each
	return nil
}

// lookPNG reads the first chunk and looks through the others.
func lookPNG(data []byte) (header, error) {
	h := header{format: formatPNG}
	rest := data[8:]
	for first := true; len(rest) >= 12; first = false {
		size := int64(binary.BigEndian.Uint32(rest))
		if size > int64(len(rest)-12) {
			return h, errDamaged
		}
		name, chunk := string(rest[4:8]), rest[8:8+size]
		switch {
		case first && (name != "IHDR" || size != 13):
			return h, errDamaged
		case first:
			x, y := binary.BigEndian.Uint32(chunk), binary.BigEndian.Uint32(chunk[4:])
			if x > MaxPixels || y > MaxPixels {
				return h, fault.Bad("file", "photo_pixels")
			}
			h.size = image.Pt(int(x), int(y))
			h.memory = h.size.X * h.size.Y * 8 // at most: four samples of 16 bits
		case name == "eXIf":
			h.orientation = orientation(chunk)
		case name == "IEND":
			return h, nil
		}
		rest = rest[12+size:]
	}
	return h, nil // cut short: the decoder says whether what is there is enough
}

// lookWebP reads the header and looks through the chunks.
func lookWebP(data []byte) (header, error) {
	h := header{format: formatWebP}
	rest := data[12:]
	for len(rest) >= 8 {
		name, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		if size > int64(len(rest)-8) {
			break
		}
		switch name {
		case "ANIM", "ANMF":
			return h, fault.Bad("file", "photo_type")
		case "EXIF":
			h.orientation = orientation(bytes.TrimPrefix(rest[8:8+size], []byte("Exif\x00\x00")))
		}
		rest = rest[min(int64(len(rest)), 8+size+size&1):]
	}
	c, err := config(data)
	if err != nil {
		return h, errDamaged
	}
	h.size = image.Pt(c.Width, c.Height)
	h.memory = h.size.X * h.size.Y * 8 // at most: colours, and what is transparent as a picture of its own
	return h, nil
}

func config(data []byte) (c image.Config, err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	return webp.DecodeConfig(bytes.NewReader(data))
}

// orientation finds the orientation in a block of EXIF, 0 when it says none.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	entries := int(order.Uint16(tiff[at:]))
	for i := range entries {
		entry := at + 2 + 12*int64(i)
		if entry+12 > int64(len(tiff)) {
			return 0
		}
		const tag, short = 0x0112, 3
		if order.Uint16(tiff[entry:]) == tag && order.Uint16(tiff[entry+2:]) == short {
			if o := int(order.Uint16(tiff[entry+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 0
		}
	}
	return 0
}
