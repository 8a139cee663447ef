package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rgb is a colour with channels from 0 to 1.
type rgb [3]float64

// parseColour reads "#3552c4" or "3552c4".
func parseColour(s string) (rgb, bool) {
	s = strings.TrimPrefix(s, "#")
	n, err := strconv.ParseUint(s, 16, 32)
	if len(s) != 6 || err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c rgb) hex() string {
	b := func(v float64) int { return int(math.Round(v * 255)) }
	return fmt.Sprintf("%02x%02x%02x", b(c[0]), b(c[1]), b(c[2]))
}

// luminance is the relative luminance of WCAG 2.
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the contrast ratio of WCAG 2, from 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func (c rgb) mix(with rgb, share float64) rgb {
	for i := range c {
		c[i] += (with[i] - c[i]) * share
	}
	return c
}

var (
	white     = rgb{1, 1, 1}
	black     = rgb{0, 0, 0}
	darkSheet = rgb{0x17 / 255.0, 0x18 / 255.0, 0x1b / 255.0} // --surface of the dark set
)

// readable moves c towards white or black until it stands out from ground enough for text, on a tint of itself too.
func readable(c, ground, towards rgb) rgb {
	const enough = 5.6
	for step := 0.0; step <= 1; step += 0.02 {
		if m := c.mix(towards, step); contrast(m, ground) >= enough {
			return m
		}
	}
	return towards
}

// accentCSS gives an organisation's colour to the pages: the colour itself as far as it is readable as text and under
// white text, otherwise the nearest darker (in the dark set: lighter) shade.
func accentCSS(c rgb) string {
	light, dark := readable(c, white, black), readable(c, darkSheet, white)
	set := func(c, on rgb) string {
		return fmt.Sprintf("--accent:#%s;--on-accent:#%s", c.hex(), on.hex())
	}
	l, d := set(light, white), set(dark, rgb{0.06, 0.06, 0.07})
	return ":root{" + l + "}\n@media (prefers-color-scheme:dark){:root:not([data-theme=light]){" + d + "}}\n:root[data-theme=dark]{" + d + "}\n"
}

func accentAsset(colour string) (asset, bool) {
	c, ok := parseColour(colour)
	if !ok {
		return asset{}, false
	}
	return newAsset("text/css; charset=utf-8", []byte(accentCSS(c))), true
}

// AccentPath is the address of the stylesheet that gives the pages an organisation's colour ("#b4540a"); it is "" when
// that is no colour.
func AccentPath(colour string) string {
	c, ok := parseColour(colour)
	if !ok {
		return ""
	}
	a, _ := accentAsset(c.hex())
	return AssetsPath + "accent-" + c.hex() + "." + a.hash + ".css"
}
