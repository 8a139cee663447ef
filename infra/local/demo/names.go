package demo

// tongue is a language the invented people speak, with names as they are given in it.
type tongue struct {
	language   string
	women, men []string
	last       []surname
}

// surname is a last name with the prefix that some have.
type surname struct{ prefix, name string }

func plain(names ...string) []surname {
	out := make([]surname, len(names))
	for i, n := range names {
		out[i].name = n
	}
	return out
}

// tongues are in the order of how many speak them; see story.tongue.
var tongues = []tongue{
	{
		language: "nl",
		women: []string{"An", "Anouk", "Britt", "Charlotte", "Elke", "Elise", "Femke", "Fien", "Greet", "Hanne", "Hilde", "Ilse", "Jana", "Julie",
			"Katrien", "Kaat", "Lies", "Lore", "Lotte", "Marijke", "Marie", "Mieke", "Nele", "Noor", "Paulien", "Roos", "Sara", "Silke", "Sofie",
			"Tine", "Veerle", "Yana", "Zoë"},
		men: []string{"Arne", "Bart", "Bram", "Daan", "Dries", "Emiel", "Filip", "Geert", "Gust", "Hendrik", "Jasper", "Jef", "Jelle", "Joris",
			"Karel", "Koen", "Lander", "Lars", "Luc", "Maarten", "Mathias", "Pieter", "Raf", "Robbe", "Seppe", "Stijn", "Tijl", "Toon", "Tuur",
			"Vic", "Wim", "Wout", "Xander"},
		last: append(plain("Peeters", "Janssens", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens", "Wouters", "Aerts", "Hermans",
			"Lemmens", "Coppens", "Verstraete", "Smets", "Hendrickx", "Michiels", "Pauwels", "Desmet", "Lambrechts", "Timmermans", "Segers",
			"Baert", "Cuypers", "Thijs", "Nijs", "Bogaert", "Verhulst"),
			surname{"Van den", "Berghe"}, surname{"Van", "Damme"}, surname{"De", "Smedt"}, surname{"Van de", "Velde"}, surname{"De", "Clercq"},
			surname{"Van", "Acker"}, surname{"Vanden", "Broeck"}, surname{"De", "Wilde"}, surname{"Van", "Hoof"}),
	},
	{
		language: "fr",
		women: []string{"Amandine", "Aurélie", "Camille", "Céline", "Chloé", "Clémence", "Élodie", "Florence", "Inès", "Juliette", "Léa", "Maëlle",
			"Manon", "Margaux", "Mathilde", "Nathalie", "Pauline", "Sandrine", "Sylvie", "Zélie"},
		men: []string{"Adrien", "Antoine", "Benoît", "Cédric", "Damien", "Étienne", "François", "Gaël", "Guillaume", "Hugo", "Jérôme", "Julien",
			"Loïc", "Mathis", "Maxime", "Olivier", "Rémi", "Sébastien", "Théo", "Xavier"},
		last: append(plain("Dubois", "Lambert", "Dupont", "Simon", "Laurent", "Leclercq", "Lefèbvre", "Renard", "Gérard", "Collard", "Bertrand",
			"Noël", "François", "Hanot", "Delvaux", "Mathieu", "Rousseau", "Thibaut", "Wéry", "Piérard"),
			surname{"de", "Villers"}, surname{"du", "Bois"}),
	},
	{
		language: "es",
		women: []string{"Alba", "Beatriz", "Carmen", "Consuelo", "Elena", "Inmaculada", "Irene", "Lucía", "Maite", "Marta", "Nuria", "Paula",
			"Rocío", "Sofía", "Ximena"},
		men: []string{"Álvaro", "Andrés", "Diego", "Gonzalo", "Ignacio", "Iván", "Javier", "Joaquín", "José", "Luis", "Mateo", "Pablo", "Raúl",
			"Tomás", "Víctor"},
		last: plain("García Romero", "Fernández", "López Ortega", "Martínez", "Núñez", "Peña", "Ibáñez", "Sánchez Vidal", "Muñoz", "Castaño",
			"Domínguez", "Gil", "Herrera", "Márquez", "Soler"),
	},
	{
		language: "en",
		women: []string{"Abigail", "Alice", "Bronagh", "Daisy", "Eleanor", "Fiona", "Grace", "Hannah", "Imogen", "Niamh", "Olive", "Poppy",
			"Rosalind", "Siobhán", "Victoria"},
		men: []string{"Alistair", "Callum", "Dylan", "Edward", "Euan", "George", "Harry", "Isaac", "Jack", "Liam", "Oscar", "Patrick", "Rhys",
			"Samuel", "William"},
		last: plain("Ashworth", "Bennett", "Carter", "Doyle", "Fletcher", "Hughes", "Kavanagh", "MacLeod", "Murphy", "O'Brien", "Pritchard",
			"Radcliffe", "Sinclair", "Whitaker", "Yates"),
	},
}

// town is where people live; those nearest to the club come first and oftenest.
type town struct {
	postcode, name, area string // area is the calling area of its fixed lines
}

var towns = []town{
	{"3080", "Tervuren", "2767"}, {"3080", "Duisburg", "2767"}, {"3060", "Bertem", "1648"}, {"3061", "Leefdaal", "2767"},
	{"3001", "Heverlee", "1640"}, {"3000", "Leuven", "1622"}, {"1970", "Wezembeek-Oppem", "2731"}, {"1950", "Kraainem", "2720"},
	{"3090", "Overijse", "2687"}, {"3040", "Huldenberg", "2687"}, {"3070", "Kortenberg", "2759"}, {"1560", "Hoeilaart", "2657"},
	{"1150", "Sint-Pieters-Woluwe", "2770"}, {"1932", "Sint-Stevens-Woluwe", "2720"}, {"3020", "Herent", "1620"}, {"2800", "Mechelen", "1520"},
	{"9000", "Gent", "9224"}, {"1300", "Wavre", "1022"},
}

var streets = []string{"Lindelaan", "Kerkstraat", "Dorpsstraat", "Stationsstraat", "Molenweg", "Beukenlaan", "Kasteeldreef", "Schoolstraat",
	"Nieuwstraat", "Veldstraat", "Bosweg", "Hoogstraat", "Populierenlaan", "Vijverlaan", "Zandstraat", "Brusselsesteenweg", "Leuvensebaan",
	"Tulpenlaan", "Kapellestraat", "Groenstraat", "Rozenlaan", "Eikenstraat", "Markt", "Oude Baan", "Waterstraat", "Merellaan", "Steenweg op Leuven"}

// business is a company, school or other club. kind is the type of whom one speaks to there.
type business struct{ kind, name, domain string }

// businesses are those the club buys from, sells to and is helped by, with whom it speaks to there.
var businesses = []business{
	{"supplier", "Sportshop De Bal", "deballen.example"}, {"supplier", "Drukkerij Verhulst", "drukkerij-verhulst.example"},
	{"supplier", "Brouwerij Ter Linde", "terlinde.example"}, {"supplier", "Groenwerken Aerts", "groenwerken-aerts.example"},
	{"supplier", "Podium & Licht", "podiumlicht.example"}, {"partner", "Basisschool De Wegwijzer", "dewegwijzer.example"},
	{"partner", "Muziekacademie Druivenstreek", "druivenacademie.example"}, {"partner", "Sportdienst Tervuren", "sportdienst.example"},
	{"partner", "Bakkerij Smets", "bakkerijsmets.example"}, {"customer", "Yogastudio Adem", "adem.example"},
	{"customer", "Toneelkring Het Masker", "hetmasker.example"}, {"customer", "British Playgroup", "playgroup.example"},
	{"customer", "Fanfare Sint-Cecilia", "cecilia.example"},
}
