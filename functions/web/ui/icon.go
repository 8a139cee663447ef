package ui

import (
	"maps"
	"slices"
	"strings"
)

// Icons lists the names of the icons.
func Icons() []string { return slices.Sorted(maps.Keys(icons)) }

// icons are drawn on a grid of 24 with lines of 1.75 and round ends. The stylesheet carries them as masks, so an icon
// takes the colour of the text around it and costs a page a few bytes.
var icons = map[string]string{
	"activity":      `<path d="M3 12h4l3-8 4 16 3-8h4"/>`,
	"arrow-left":    `<path d="M20 12H4m6-6-6 6 6 6"/>`,
	"arrow-right":   `<path d="M4 12h16m-6-6 6 6-6 6"/>`,
	"bank":          `<path d="M3 9.5 12 4l9 5.5M4 20h16M6 10v7m4-7v7m4-7v7m4-7v7"/>`,
	"bell":          `<path d="M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7m4 11h4"/>`,
	"building":      `<path d="M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3m-3 4h3m-3 4h3"/>`,
	"cake":          `<path d="M4 20v-6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v6zm0-3c2 1.5 3.5 1.5 5.3 0 1.8 1.5 3.6 1.5 5.4 0 1.8 1.5 3.3 1.5 5.3 0M8 12V9m4 3V9m4 3V9M8 6V5m4 1V5m4 1V5"/>`,
	"calendar":      `<path d="M4 6.5A1.5 1.5 0 0 1 5.5 5h13A1.5 1.5 0 0 1 20 6.5v12a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5zM4 10h16M8 3v4m8-4v4"/>`,
	"chart":         `<path d="M4 20h16M7 16v-5m5 5V5m5 11V9"/>`,
	"check":         `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
	"chevron-down":  `<path d="m6 9.5 6 6 6-6"/>`,
	"chevron-left":  `<path d="m14.5 6-6 6 6 6"/>`,
	"chevron-right": `<path d="m9.5 6 6 6-6 6"/>`,
	"clock":         `<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>`,
	"close":         `<path d="m6 6 12 12M18 6 6 18"/>`,
	"columns":       `<path d="M4 5h16v14H4zm5.3 0v14m5.4-14v14"/>`,
	"copy":          `<path d="M9 9h11v11H9zM15 9V4H4v11h5"/>`,
	"download":      `<path d="M12 4v11m-5-5 5 5 5-5M4 20h16"/>`,
	"edit":          `<path d="M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17zM14.5 7.5l3 3"/>`,
	"eye":           `<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12"/><circle cx="12" cy="12" r="2.8"/>`,
	"family":        `<circle cx="8" cy="7" r="3"/><circle cx="17" cy="9" r="2.2"/><path d="M2.5 20c0-4 2.2-6.5 5.5-6.5s5.5 2.5 5.5 6.5m1.5-5.8c3.5-1 6 1.3 6 5.3"/>`,
	"file":          `<path d="M6 3h8l4 4v14H6zm8 0v4h4"/>`,
	"filter":        `<path d="M4 6h16M7 12h10m-7 6h4"/>`,
	"globe":         `<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.5 2.3 3.5 5.2 3.5 8.5s-1 6.2-3.5 8.5c-2.5-2.3-3.5-5.2-3.5-8.5s1-6.2 3.5-8.5"/>`,
	"group":         `<circle cx="12" cy="8" r="3"/><path d="M6.5 19c0-3.5 2.2-5.5 5.5-5.5s5.5 2 5.5 5.5M5 6.5a2.2 2.2 0 0 0 0 4.3M2 16c.2-1.8 1-3 2.5-3.5M19 6.5a2.2 2.2 0 0 1 0 4.3m3 5.2c-.2-1.8-1-3-2.5-3.5"/>`,
	"help":          `<circle cx="12" cy="12" r="8.5"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.8 2.1c-.8.5-1.3 1-1.3 1.9m0 2.9v.1"/>`,
	"history":       `<path d="M4 5v5h5M4.6 15a8 8 0 1 0-.4-5M12 8v4.5l3 2"/>`,
	"home":          `<path d="m4 11 8-7 8 7v9h-5.5v-6h-5v6H4z"/>`,
	"id":            `<path d="M3 6h18v12H3zm11 4h4m-4 4h3"/><circle cx="8" cy="10.5" r="1.7"/><path d="M5.5 15.5c.3-1.5 1.2-2.2 2.5-2.2s2.2.7 2.5 2.2"/>`,
	"import":        `<path d="M12 3v11m-4.5-4.5L12 14l4.5-4.5M4 14v6h16v-6"/>`,
	"info":          `<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.5v.1"/>`,
	"keyboard":      `<path d="M3 7h18v10H3zm4 3.5h.1m3.2 0h.1m3.2 0h.1m3.2 0h.1M8 13.8h8"/>`,
	"link":          `<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1"/>`,
	"lock":          `<path d="M6 11h12v9H6zm2.5 0V8a3.5 3.5 0 0 1 7 0v3"/>`,
	"mail":          `<path d="M3.5 6h17v12.5h-17zm0 1 8.5 6.5L20.5 7"/>`,
	"merge":         `<path d="M6 4v4c0 4 6 4 6 9v4m6-17v4c0 4-6 4-6 9m-3 0 3 3 3-3"/>`,
	"money":         `<ellipse cx="12" cy="7" rx="7.5" ry="3.2"/><path d="M4.5 7v10c0 1.8 3.4 3.2 7.5 3.2s7.5-1.4 7.5-3.2V7m-15 5c0 1.8 3.4 3.2 7.5 3.2s7.5-1.4 7.5-3.2"/>`,
	"moon":          `<path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5"/>`,
	"more":          `<path d="M5.5 12h.1m6.4 0h.1m6.4 0h.1" stroke-width="2.8"/>`,
	"note":          `<path d="M5 4h14v10l-5 6H5zm14 10h-5v6M8.5 8.5h7m-7 4h4"/>`,
	"phone":         `<path d="M5 4h4l1.5 5L8 10.5a12 12 0 0 0 5.5 5.5l1.5-2.5 5 1.5v4c0 .6-.4 1-1 1A15 15 0 0 1 4 5c0-.6.4-1 1-1"/>`,
	"pin":           `<path d="M12 21c4-4.5 6.5-7.7 6.5-11a6.5 6.5 0 0 0-13 0c0 3.3 2.5 6.5 6.5 11"/><circle cx="12" cy="10" r="2.3"/>`,
	"plus":          `<path d="M12 5v14M5 12h14"/>`,
	"print":         `<path d="M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z"/>`,
	"restore":       `<path d="M4 12a8 8 0 1 0 2.6-5.9M4 4v5h5"/>`,
	"search":        `<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5.5 5.5"/>`,
	"settings":      `<path d="M4 7h9m5 0h2M4 17h2m5 0h9"/><circle cx="15.5" cy="7" r="2.3"/><circle cx="8.5" cy="17" r="2.3"/>`,
	"shield":        `<path d="M12 3.5 5 6v5.5c0 4.5 2.8 7.5 7 9 4.2-1.5 7-4.5 7-9V6z"/>`,
	"sign-out":      `<path d="M10 4H5v16h5m5-12 4 4-4 4m4-4H9.5"/>`,
	"sort-down":     `<path d="M12 5v14m-5-5 5 5 5-5"/>`,
	"sort-up":       `<path d="M12 19V5m-5 5 5-5 5 5"/>`,
	"star":          `<path d="m12 4 2.5 5.2 5.5.8-4 4 1 5.7-5-2.7-5 2.7 1-5.7-4-4 5.5-.8z"/>`,
	"sun":           `<circle cx="12" cy="12" r="4"/><path d="M12 3v1.5m0 15V21m9-9h-1.5m-15 0H3m15.4-6.4-1.1 1.1M6.7 17.3l-1.1 1.1m12.8 0-1.1-1.1M6.7 6.7 5.6 5.6"/>`,
	"table":         `<path d="M4 5h16v14H4zm0 4.7h16M4 14.3h16M9.5 9.7V19"/>`,
	"tag":           `<path d="M4 4h7.5L20 12.5 12.5 20 4 11.5zM8 8h.1"/>`,
	"trash":         `<path d="M4.5 7h15M9 7V4h6v3m2.5 0-.8 13H7.3L6.5 7M10 11v5m4-5v5"/>`,
	"undo":          `<path d="M8 5 4 9l4 4M4 9h9.5a5.5 5.5 0 0 1 0 11H9"/>`,
	"upload":        `<path d="M12 19V6M7 10.5 12 5.5l5 5M4 20h16"/>`,
	"user":          `<circle cx="12" cy="8" r="3.7"/><path d="M4.5 20.5c0-4.3 3-7 7.5-7s7.5 2.7 7.5 7"/>`,
	"users":         `<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c0-4 2.5-6.5 6.5-6.5s6.5 2.5 6.5 6.5M15.5 4.9a3.5 3.5 0 0 1 0 6.2M18 14c2.3.8 3.5 2.9 3.5 6"/>`,
	"warning":       `<path d="M12 4 2.5 20h19zm0 6v4.5m0 2.7v.1"/>`,
}

// iconCSS writes the rule of every icon.
func iconCSS() string {
	var b strings.Builder
	escape := strings.NewReplacer("%", "%25", "<", "%3C", ">", "%3E", "#", "%23", `"`, "'")
	for _, name := range Icons() {
		svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">` + icons[name] + `</svg>`
		b.WriteString(".i-" + name + `{--i:url("data:image/svg+xml,` + escape.Replace(svg) + `")}` + "\n")
	}
	return b.String()
}
