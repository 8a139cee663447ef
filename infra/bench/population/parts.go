package population

// The parts names are made of. The people are invented; so are the towns and the firms.
var (
	middles   = []string{"a", "el", "er", "in", "o", "ar", "en", "ul", "is", "ond"}
	lastHeads = []string{"Aert", "Baet", "Beir", "Boel", "Bruyn", "Caen", "Claes", "Clerc", "Coppe", "Daem", "Decl", "Delv", "Dier", "Dumo",
		"Eeck", "Elst", "Faes", "Fran", "Gees", "Geld", "Gijs", "Goos", "Haes", "Hend", "Heyn", "Hoof", "Huys", "Jaco", "Jans", "Joos", "Kerck", "Kest",
		"Lamb", "Laur", "Lef", "Lemm", "Loos", "Maes", "Mart", "Meert", "Mert", "Mich", "Moer", "Mort", "Naes", "Nijs", "Noel", "Oost", "Paep", "Pauw",
		"Peet", "Petr", "Piet", "Pols", "Raem", "Reyn", "Roel", "Roos", "Scheer", "Schep", "Smet", "Somm", "Stev", "Stor", "Thijs", "Tim", "Tors", "Urb",
		"Vael", "Verb", "Verh", "Verm", "Vers", "Vinc", "Vlam", "Waut", "Wiel", "Wout", "Wuyt", "Yserb", "Zeeb", "Zwaen", "Ñuñ", "Gonç", "Müll", "Søre", "Łuk", "Bélan"}
	lastTails  = []string{"s", "ens", "mans", "aerts", "eers", "et", "eyn", "ick", "inckx", "sen", "ssens", "em", "oot", "aux", "ier", "ez", "ova", "berghe", "donck", "haut", "voort", "ysen", "'t", "é"}
	firstHeads = []string{"An", "Ar", "Bar", "Ben", "Bri", "Car", "Céd", "Dan", "Dor", "El", "Em", "Fem", "Flo", "Gee", "Gil", "Han", "Hug", "In", "Jan", "Jel", "Jo", "Kar", "Kob", "Lar", "Lie", "Lou", "Mar", "Mat",
		"Mie", "Nad", "Nie", "Nor", "Oli", "Pau", "Pie", "Rem", "Rob", "Sam", "Sar", "Sof", "Ste", "Tho", "Til", "Vic", "Wil", "Yas", "Zoë", "Élo", "Jé", "Aï"}
	firstTails  = []string{"a", "e", "ne", "ke", "ien", "is", "us", "te", "lle", "na", "ard", "ijn", "o", "an", "ert", "eth", "ix", "y", "ïs", "ée"}
	townHeads   = []string{"Al", "Ber", "Bever", "Boom", "Bree", "Dam", "Den", "Diep", "Drie", "Eik", "Els", "Gent", "Groot", "Hal", "Heer", "Hoog", "Kasp", "Klein", "Kort", "Laak", "Leeu", "Lier", "Maas", "Meer", "Meul", "Nieuw", "Noord", "Oost", "Oud", "Poel", "Put", "Ron", "Schil", "Sint-", "Sten", "Ter", "Torn", "Veur", "Vil", "Wal", "Wes", "Wijn", "Zand", "Zee", "Zomer", "Zwijn"}
	townTails   = []string{"beke", "berg", "broek", "brugge", "dam", "donk", "gem", "hout", "hove", "kerke", "laar", "lede", "ghem", "sele", "straten", "voorde", "zele", " aan Zee", "-Dorp", "munster"}
	streetHeads = []string{"Kerk", "Dorp", "Molen", "School", "Station", "Nieuw", "Veld", "Bos", "Eiken", "Linden", "Beuk", "Kastanje", "Roos", "Tulp", "Koning", "Vijver", "Berg", "Dal", "Water", "Zand", "Steen", "Haag", "Wilgen", "Populier", "Leeuwerik", "Merel", "Vinken", "Zonne", "Avond", "Ooster"}
	streetTails = []string{"straat", "laan", "weg", "dreef", "plein", "hof", "pad", "steenweg", "lei", "kaai", "baan", "park"}
	domainTails = []string{"club", "sport", "firma", "bouw", "groep", "huis", "zorg", "advies", "atelier", "tech"}
	providers   = []string{"mail.example", "post.example.com", "home.example.net", "telepost.example", "snelmail.example.org", "vrij.example", "netbox.example.com",
		"klapper.example.org", "brief.example", "wereldpost.example.net", "scholen.example.org", "kantoor.example.com"}
	tagNames = []string{"board", "coach", "U8", "U10", "U12", "U15", "U18", "seniors", "referee", "volunteer 2026", "volunteer 2027", "bar", "kitchen", "first aid", "driver", "sponsor", "press",
		"newsletter bounced", "family ticket", "season 2026", "season 2027", "camp", "tournament", "vip", "honorary", "trial", "waiting list", "parent", "youth council", "photo ok",
		"no photo", "vegetarian", "gluten free", "quiz", "choir", "archive", "check address", "call back", "alumni", "key holder"}
)
