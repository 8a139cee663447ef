// Package photo makes pictures of people and logos safe to keep and quick to show. What was uploaded is never kept or
// served: it is decoded, turned upright, and encoded anew, so that nothing but its pixels stays: no place, camera or
// time it was taken at, no comments, no second file hidden behind the first.
//
// Guarantees. A picture is judged by its content, never by its name. Nothing is decoded before its size in pixels, the
// memory that will take and the work it hides (scans of a JPEG, frames of a WebP) are known and within bounds. One
// picture is decoded at a time, so that a process needs that memory once. The same bytes always give the same result.
package photo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of a picture.
const (
	MaxBytes  = 10 << 20   // of what is uploaded
	MaxPixels = 52_000_000 // the largest cameras of telephones make 50 million
	MaxSide   = 16_384     // pixels of one side
	MaxMemory = 700 << 20  // bytes while it is decoded

	// Kept is the longest side of what is kept; a larger picture is made smaller.
	Kept = 4096
)

// Quality of the JPEGs that are made.
const (
	keptQuality  = 90
	thumbQuality = 82
)

// The sizes of thumbnails, in pixels of a side.
const (
	Small = 96
	Large = 320
)

// Sizes lists the sizes of thumbnails.
func Sizes() []int { return []int{Small, Large} }

// Picture is an encoded picture.
type Picture struct {
	Type          string // media type
	Data          []byte
	Width, Height int
}

// Set is what becomes of an uploaded picture.
type Set struct {
	Whole Picture
	Small Picture
	Large Picture
}

// Style says what a picture is of.
type Style int

// The styles.
const (
	// Portrait is a photo of somebody: kept as JPEG; its thumbnails are squares cut out of the middle, in pictures that
	// stand upright out of their upper part, where faces are.
	Portrait Style = iota
	// Logo is a drawing: kept as PNG with what is transparent, or as JPEG when it came as one; nothing is cut off.
	Logo
)

// turn lets one picture be decoded at a time.
var turn = make(chan struct{}, 1)

// Make reads a JPEG, PNG or WebP picture and makes it safe. Faults, all Invalid at the path "file": photo_type for any
// other content, photo_pixels for too many of them, file_damaged, file_empty, file_too_large. WebP is refused in style
// Logo, as is animation everywhere.
func Make(ctx context.Context, data []byte, style Style) (Set, error) {
	if len(data) == 0 {
		return Set{}, fault.Bad("file", "file_empty")
	}
	if len(data) > MaxBytes {
		return Set{}, fault.Bad("file", "file_too_large")
	}
	h, err := look(data)
	if err != nil {
		return Set{}, err
	}
	if h.format == formatWebP && style == Logo {
		return Set{}, fault.Bad("file", "photo_type")
	}
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return Set{}, ctx.Err()
	}
	src, err := decode(data, h.format)
	if err != nil {
		return Set{}, errDamaged
	}
	return build(src, h, style)
}

// decode gives the pixels. The decoders are the standard library's and its companion's; one that panics on foreign
// bytes must not take the process with it.
func decode(data []byte, f format) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	switch f {
	case formatJPEG:
		return jpeg.Decode(bytes.NewReader(data))
	case formatPNG:
		return png.Decode(bytes.NewReader(data))
	}
	return webp.Decode(bytes.NewReader(data))
}

// build makes the whole picture and its thumbnails.
func build(src image.Image, h header, style Style) (Set, error) {
	asPNG := style == Logo && h.format == formatPNG
	whole := upright(shrink(src, src.Bounds(), fit(src.Bounds().Size(), Kept), asPNG), h.orientation)
	var s Set
	var err error
	if s.Whole, err = encode(whole, asPNG, keptQuality); err != nil {
		return Set{}, err
	}
	for _, t := range []struct {
		size int
		into *Picture
	}{{Large, &s.Large}, {Small, &s.Small}} {
		part, size := whole.Bounds(), fit(whole.Bounds().Size(), t.size)
		if style == Portrait {
			part = square(part)
			size = fit(part.Size(), t.size)
		}
		if *t.into, err = encode(shrink(whole, part, size, asPNG), asPNG, thumbQuality); err != nil {
			return Set{}, err
		}
	}
	return s, nil
}

func encode(img *image.RGBA, asPNG bool, quality int) (Picture, error) {
	var b bytes.Buffer
	p := Picture{Type: "image/jpeg", Width: img.Rect.Dx(), Height: img.Rect.Dy()}
	var err error
	if asPNG {
		p.Type = "image/png"
		err = (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(&b, img)
	} else {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	}
	p.Data = b.Bytes()
	return p, err
}

// fit gives the size of a picture whose longer side is at most side; it is never made larger.
func fit(size image.Point, side int) image.Point {
	longer := max(size.X, size.Y)
	if longer <= side {
		return size
	}
	scaled := func(n int) int { return max(1, (n*side+longer/2)/longer) }
	return image.Pt(scaled(size.X), scaled(size.Y))
}

// square gives the part of a picture that stands for it: the middle of a wide one, the upper middle of a high one.
func square(r image.Rectangle) image.Rectangle {
	size := r.Size()
	if size.X >= size.Y {
		left := r.Min.X + (size.X-size.Y)/2
		return image.Rect(left, r.Min.Y, left+size.Y, r.Max.Y)
	}
	top := r.Min.Y + (size.Y-size.X)/4
	return image.Rect(r.Min.X, top, r.Max.X, top+size.X)
}

// shrink draws a part of a picture at a size: by halves while it is far from it, which is quick and loses nothing, then
// a thumbnail with a good filter, whose memory grows with both sizes, and a larger one with a quick one. Without
// transparency it lies on white.
func shrink(src image.Image, part image.Rectangle, size image.Point, transparent bool) *image.RGBA {
	for part.Dx() >= 2*size.X && part.Dy() >= 2*size.Y && part.Dx() > 2 && part.Dy() > 2 {
		half := canvas(image.Pt((part.Dx()+1)/2, (part.Dy()+1)/2), transparent)
		draw.ApproxBiLinear.Scale(half, half.Rect, src, part, draw.Over, nil)
		src, part = half, half.Rect
	}
	dst := canvas(size, transparent)
	switch {
	case part.Size() == size:
		draw.Draw(dst, dst.Rect, src, part.Min, draw.Over)
	case max(size.X, size.Y) <= Large:
		draw.CatmullRom.Scale(dst, dst.Rect, src, part, draw.Over, nil)
	default:
		draw.ApproxBiLinear.Scale(dst, dst.Rect, src, part, draw.Over, nil)
	}
	return dst
}

func canvas(size image.Point, transparent bool) *image.RGBA {
	c := image.NewRGBA(image.Rectangle{Max: size})
	if !transparent {
		draw.Draw(c, c.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	return c
}

// upright turns a picture the way its camera was held: one of the eight orientations of EXIF.
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	size := image.Pt(w, h)
	if orientation >= 5 {
		size = image.Pt(h, w)
	}
	dst := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			fx, fy := x, y // where the pixel comes from
			switch orientation {
			case 2:
				fx = w - 1 - x
			case 3:
				fx, fy = w-1-x, h-1-y
			case 4:
				fy = h - 1 - y
			case 5:
				fx, fy = y, x
			case 6:
				fx, fy = y, h-1-x
			case 7:
				fx, fy = w-1-y, h-1-x
			case 8:
				fx, fy = w-1-y, x
			}
			copy(dst.Pix[y*dst.Stride+4*x:][:4], src.Pix[fy*src.Stride+4*fx:][:4])
		}
	}
	return dst
}
