package demo

// What the office writes down.

var notesSaid = []string{
	"Asked whether the fee can be paid in two parts. Agreed: October and January.",
	"Kan op woensdag pas vanaf 18 u. trainen, komt van school in Leuven.",
	"Offered to drive to away games, seven seats.",
	"Allergic to nuts: tell whoever cooks at the camp.",
	"Ne souhaite pas apparaître sur les photos du site.",
	"Wants to help at the spaghetti evening, prefers the bar.",
	"Left the key of the small hall with the caretaker.",
	"Vraagt attest voor het ziekenfonds, elk jaar in september.",
	"Prefiere recibir los avisos por correo y no por teléfono.",
	"Played for another club before; transfer papers are in the folder.",
	"Glasses needed on stage: front row of the choir.",
	"Met at the open day. Would like a trial lesson in badminton first.",
}

var callsNoted = []string{
	"Asked when training starts again after the holidays.",
	"Wilt weten of er nog plaats is in het kamp.",
	"New number, changed at once.",
	"Thanks for the card.",
	"Demande une facture au nom de la société.",
	"Sick until the end of the week.",
	"Will bring the signed form on Saturday.",
}

type question struct{ subject, text, answer string }

var questions = []question{
	{"Invoice came twice", "We got the invoice for the season two times. Which one is right?", "The second one was sent by mistake. Please throw it away."},
	{"Kleedkamer 2 blijft koud", "De verwarming van kleedkamer 2 werkt niet.", "De installateur komt donderdag."},
	{"Lost a hockey stick", "After the game on Sunday, black with green grip.", "It is in the box behind the bar."},
	{"Attestation pour la mutuelle", "Pourriez-vous remplir le formulaire ci-joint ?", "C’est fait, le formulaire est parti par la poste."},
	{"Change of team", "My daughter would like to play with her friends in the other team.", "From January on she can."},
	{"No access to the car park", "The barrier does not open with our badge.", "Your badge was out of date; it works again."},
	{"Cambio de horario", "¿Se puede asistir el jueves en lugar del martes?", "Sí, sin problema."},
	{"Photo on the website", "Please take down the photo of our son.", "It is gone. We have noted your wish."},
}

type repair struct{ item, fault, work string }

var repairs = []repair{
	{"Clarinet of the club", "Two keys stick", "Cleaned and two pads replaced"},
	{"Hockey goalkeeper's helmet", "Strap torn", "New strap"},
	{"Rental bicycle 7", "Front brake does not grip", "New cable and blocks"},
	{"Badminton racket", "Strings broken", "Strung anew"},
	{"Digital piano", "A black key stays down", "Spring replaced"},
	{"Stage lamp", "Flickers", "New socket"},
}

var opinions = map[int][]string{
	1: {"Nobody answered our mails.", "Te duur voor wat het is."},
	2: {"Training was called off too often.", "Le vestiaire n’est pas propre."},
	3: {"Fine, but the hall is cold.", "Correct."},
	4: {"Good coaches.", "Leuke groep, beetje chaotisch begin.", "Très bonne ambiance."},
	5: {"The children love it.", "Topclub!", "Todo perfecto.", "Merci à toute l’équipe !"},
}

var remindersSaid = []string{
	"Ask for the medical certificate", "Call back about the sponsor panel", "Send the camp information", "Check whether the transfer has come",
	"Terugbellen over het attest", "Congratulate on the new baby", "Return the deposit of the key", "Rappeler pour le bénévolat",
	"Ask for a photo without the old shirt", "Plan a talk about next season",
}

// occupations are what people do for a living, by language.
var occupations = map[string][]string{
	"nl": {"Verpleegkundige", "Leerkracht", "Ingenieur", "Elektricien", "Bakker", "Ambtenaar", "Boekhouder", "Kok", "Programmeur", "Architect", "Tuinier"},
	"fr": {"Infirmière", "Enseignant", "Ingénieure", "Comptable", "Avocate", "Fonctionnaire", "Menuisier", "Graphiste"},
	"es": {"Enfermera", "Profesora", "Traductor", "Cocinero", "Arquitecta", "Informático"},
	"en": {"Nurse", "Teacher", "Interpreter", "Civil servant", "Software engineer", "Lawyer", "Chef"},
}

// employers are where people work or worked.
var employers = []string{"Sint-Jozefsziekenhuis", "Basisschool De Wegwijzer", "Bouwbedrijf Aerts", "Stad Leuven", "Bakkerij Smets", "Studio Noordlicht",
	"Transport Claes", "Advocatenkantoor Maes & Lambert", "Tuincentrum De Linde", "Softwarehuis Kompas"}
