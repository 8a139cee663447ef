package email

import "strings"

// common are the domains most people have their mail at; what is almost one of them is probably meant to be it.
var common = strings.Fields(`
	gmail.com googlemail.com hotmail.com outlook.com live.com msn.com yahoo.com icloud.com me.com aol.com gmx.com proton.me protonmail.com
	hotmail.be outlook.be live.be telenet.be skynet.be proximus.be scarlet.be yahoo.be
	hotmail.nl outlook.nl live.nl ziggo.nl kpnmail.nl kpnplanet.nl planet.nl xs4all.nl home.nl hetnet.nl upcmail.nl casema.nl
	hotmail.fr outlook.fr live.fr yahoo.fr orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr
	hotmail.es outlook.es yahoo.es telefonica.net movistar.es terra.es
	gmx.de gmx.net web.de t-online.de yahoo.co.uk hotmail.co.uk btinternet.com`)

// Suggest gives the address that was probably meant where the domain is one slip away from a common one
// (jan@gmial.com), and "" where there is nothing to suggest. It never says that an address is wrong.
func Suggest(address string) string {
	local, domain, ok := split(address)
	if !ok || local == "" {
		return ""
	}
	domain = strings.ToLower(domain)
	best := ""
	for _, candidate := range common {
		if domain == candidate {
			return ""
		}
		// Short names are too close to each other: gmx.de is no slip of web.de, but me.co may be anything.
		if best == "" && len(candidate) >= 8 && slip(domain, candidate) {
			best = candidate
		}
	}
	if best == "" {
		return ""
	}
	return local + "@" + best
}

// slip tells whether a and b differ by one letter too many, one too few, one other, or two neighbours exchanged.
func slip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && (a[i+1:] == b[i+1:] ||
			i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}
