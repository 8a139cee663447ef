package dedupetest

import "strings"

// country is what names and addresses are like somewhere.
type country struct {
	women, men, surnames, particles, streets, towns []string
	forms                                           map[string]string // familiar forms
	company                                         []string
	legal                                           []string
	before                                          bool              // the house number stands before the street
	spellings                                       [][2]string       // what is heard, and how else it is written
	abroad                                          map[string]string // towns in another language
	feminine                                        [][2]string       // endings of surnames, and those of women
	ends                                            []string          // what streets are called, behind their name
	juniors                                         bool              // a son called as his father is told from him
}

func list(s string) []string { return strings.Fields(s) }

// countries are those of the product's first users. The streets and the tails of the surnames are invented.
var countries = map[string]country{
	"BE": {
		women:     list("Marie Emma Louise Olivia Elise Julie Sofie Eva Lotte Anna Charlotte Griet An Katrien Lies Els Martine Nathalie Isabelle Sarah Laura Hilde Ingrid Rita Godelieve Nele Veerle Fien Noor Julia Femke Silke Tine Ilse Annelies Elisabeth Margaretha Catharina"),
		men:       list("Jan Piet Joris Luc Marc Jef Karel Wim Tom Bart Koen Stijn Lucas Noah Arthur Liam Louis Jules Adam Finn Thomas Pieter Dirk Frank Guido Hendrik Johan Kris Peter Paul Philippe Michel Willem Johannes Jozef Frederik Nicolaas Christiaan"),
		surnames:  list("Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters Smet Dubois Lambert Dupont Martin Hermans Aerts Michiels Simon Leclercq Desmet Stevens Martens Vermeulen Hendrickx Cools Pauwels Dewitte Lemmens Bogaert Verhoeven Segers Baert Coppens Declercq Vandenberghe Timmermans Moens Thys Verstraete Nijs"),
		particles: list("van de vanden vander"), streets: list("Kerkstraat Molenstraat Dorpsstraat Nieuwstraat Stationsstraat Schoolstraat Veldstraat Kapelstraat Bosstraat Beekstraat Lindelaan Eikenlaan Rozenlaan Steenweg Hoogstraat Brugstraat Berkenlaan Zandweg Watermolenlaan Kasteeldreef"),
		towns:   list("Gent Antwerpen Brugge Leuven Mechelen Aalst Kortrijk Hasselt Genk Lokeren Dendermonde Oudenaarde Deinze Eeklo Wetteren Namur Mons Wavre"),
		forms:   map[string]string{"Jozef": "Jef", "Johannes": "Jan", "Elisabeth": "Els", "Catharina": "Trien", "Margaretha": "Greet", "Frederik": "Fred", "Nicolaas": "Klaas", "Willem": "Wim", "Christiaan": "Chris", "Hendrik": "Rik", "Thomas": "Tom", "Katrien": "Trien", "Pieter": "Piet", "Lucas": "Luc", "Sofie": "Fie"},
		company: list("Bouw Drukkerij Bakkerij Garage Tuinen Vloeren Advies Transport Schilder Elektro Brouwerij Apotheek Optiek Sport Muziek"), legal: list("BV NV VZW BVBA CV"),
	},
	"NL": {
		women:     list("Emma Sophie Julia Mila Tess Saar Anna Eva Lotte Sanne Fleur Femke Johanna Maria Cornelia Wilhelmina Hendrika Petra Ingrid Monique Saskia Marloes Linda Esther Anouk Iris Roos Lieke Maud Elisabeth Geertruida Antonia Adriana"),
		men:       list("Daan Sem Lucas Levi Finn Bram Milan Luuk Jan Piet Kees Hendrik Cornelis Johannes Willem Gerrit Jacob Dirk Pieter Jeroen Martijn Sander Ruben Thijs Lars Stefan Marco Erik Theo Wouter Bas Antonius Jacobus Theodorus"),
		surnames:  list("Jong Jansen Vries Berg Dijk Bakker Janssen Visser Smit Meijer Boer Mulder Groot Bos Vos Peters Hendriks Leeuwen Dekker Brouwer Wit Dijkstra Smits Graaf Meer Linden Kok Jacobs Haan Vermeulen Heuvel Veen Broek Bruin Heijden Schouten Beek Willems Vliet Hoekstra"),
		particles: list("van de van-der van-den den"), streets: list("Dorpsstraat Hoofdstraat Julianalaan Wilhelminastraat Beatrixlaan Molenweg Kerkweg Schoolstraat Stationsweg Parallelweg Eikenlaan Beukenlaan Kastanjelaan Lindelaan Meidoornstraat Spoorstraat Havenkade Nassaulaan Oranjestraat Vondelstraat"),
		towns:   list("Utrecht Breda Tilburg Eindhoven Arnhem Zwolle Leiden Haarlem Delft Gouda Deventer Assen Hoorn Venlo Weert Goes"),
		forms:   map[string]string{"Johannes": "Hans", "Cornelis": "Kees", "Willem": "Wim", "Jacobus": "Koos", "Theodorus": "Theo", "Antonius": "Toon", "Elisabeth": "Bep", "Geertruida": "Truus", "Wilhelmina": "Mien", "Hendrik": "Henk", "Gerrit": "Ger", "Johanna": "Jo", "Antonia": "Toni", "Jacob": "Jaap", "Pieter": "Piet"},
		company: list("Bouwbedrijf Slagerij Hoveniers Installatie Timmerwerken Kapsalon Fietsen Boekhandel Accountants Makelaardij Reizen Catering"), legal: list("BV VOF NV Stichting"),
	},
	"FR": {
		women:     list("Emma Jade Louise Alice Chloé Léa Manon Camille Sarah Inès Zoé Juliette Marie Nathalie Isabelle Sylvie Catherine Françoise Monique Martine Christine Valérie Sandrine Céline Aurélie Élodie Hélène Véronique Thérèse Geneviève"),
		men:       list("Gabriel Léo Raphaël Louis Lucas Jules Hugo Arthur Adam Paul Pierre Jean Michel André Philippe Alain Bernard Jacques Daniel Gérard François Laurent Nicolas Christophe Stéphane Sébastien Frédéric Jérôme Benoît Étienne"),
		surnames:  list("Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Perrin"),
		particles: list("de du de-la le"), streets: list("Voltaire Pasteur Gambetta Moulin Église Écoles Mairie Victor-Hugo Jaurès Foch Lilas Tilleuls Acacias Prés Fontaine République Liberté Château Vignes Platanes"),
		towns:   list("Lille Rennes Angers Dijon Tours Reims Nantes Nancy Metz Rouen Caen Limoges Pau Albi Agen Blois"),
		forms:   map[string]string{"Catherine": "Cathy", "Christophe": "Chris", "Frédéric": "Fred", "Nicolas": "Nico", "Sébastien": "Seb", "Gabriel": "Gab", "Philippe": "Phil", "Manon": "Marie", "Raphaël": "Raph", "Véronique": "Véro"},
		company: list("Boulangerie Garage Maçonnerie Fleurs Cave Imprimerie Transports Pharmacie Menuiserie Librairie Traiteur Optique"), legal: list("SARL SAS SA EURL"), before: true,
	},
	"ES": {
		women:     list("María Carmen Josefa Isabel Dolores Pilar Teresa Ana Francisca Laura Antonia Mercedes Cristina Marta Rosario Lucía Paula Elena Raquel Concepción Manuela Rocío Sofía Martina Valeria Daniela Julia Montserrat"),
		men:       list("Antonio José Manuel Francisco Juan David Javier Daniel Carlos Miguel Alejandro Rafael Pedro Ángel Pablo Sergio Fernando Jorge Luis Alberto Álvaro Diego Adrián Raúl Enrique Ramón Vicente Andrés Ignacio Joaquín"),
		surnames:  list("García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez"),
		particles: list("de de-la del"), streets: list("Mayor Real Sol Luna Cervantes Goya Velázquez Iglesia Fuente Nueva Ancha Olmo Rosas Jardines Castillo Molino Constitución Libertad Alcalá Prado"),
		towns:   list("Sevilla Málaga Murcia Zaragoza Bilbao Vigo Gijón Burgos León Cádiz Huelva Lugo Soria Teruel Jaén Toledo"),
		forms:   map[string]string{"Francisco": "Paco", "José": "Pepe", "Manuel": "Manolo", "Dolores": "Lola", "Concepción": "Concha", "Rosario": "Charo", "Ignacio": "Nacho", "Enrique": "Quique", "Josefa": "Pepa", "Rafael": "Rafa", "Javier": "Javi", "Montserrat": "Montse", "Pilar": "Pili", "Mercedes": "Merche"},
		company: list("Panadería Taller Construcciones Hermanos Librería Ferretería Farmacia Bodegas Viajes Muebles Transportes Jardines"), legal: list("SL SA SLU"),
	},
	"EN": {
		women:     list("Olivia Amelia Isla Ava Emily Grace Sophie Ella Margaret Elizabeth Susan Patricia Jennifer Sarah Karen Linda Helen Catherine Victoria Rebecca Jessica Hannah Charlotte Lucy Dorothy Barbara Christine Deborah Abigail Samantha"),
		men:       list("Oliver George Arthur Noah Harry Jack Charlie Jacob Thomas William James Robert Richard Michael David John Andrew Christopher Stephen Anthony Edward Matthew Daniel Samuel Benjamin Alexander Joseph Peter Timothy Gregory"),
		surnames:  list("Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Harris Clark Lewis Turner Hill Cooper Morris Ward Moore Baker Harrison Mitchell Phillips Campbell Parker Bennett Carter Shaw Holmes Chapman"),
		particles: list("Mc O'"), streets: list("High Church Station Victoria Park London Mill School Queens Kings Albert Manor Chapel Grange Springfield Windsor Meadow Orchard Bridge Castle"),
		towns:   list("Leeds Derby Norwich Oxford York Bath Luton Preston Exeter Lincoln Durham Stafford Bristol Reading Ipswich Carlisle"),
		forms:   map[string]string{"William": "Bill", "Robert": "Bob", "Richard": "Dick", "Margaret": "Peggy", "Elizabeth": "Liz", "Thomas": "Tom", "Michael": "Mike", "Edward": "Ted", "Anthony": "Tony", "Susan": "Sue", "Patricia": "Pat", "Katherine": "Kate", "Andrew": "Andy", "Samuel": "Sam", "Christopher": "Chris", "Rebecca": "Becky", "Dorothy": "Dot", "Alexander": "Alex"},
		company: list("Builders Bakery Motors Gardens Plumbing Books Flowers Catering Travel Joinery Opticians Brewery"), legal: list("Ltd Limited PLC LLP"), before: true, ends: []string{" Street", " Road", " Avenue"},
	},
}

// known gives a country by its letters.
func known(of string) country {
	if c, ok := countries[of]; ok {
		return c
	}
	return further[of]
}
