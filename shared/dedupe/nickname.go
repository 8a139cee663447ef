package dedupe

import (
	"slices"
	"strings"
	"sync"

	"github.com/muster-crm/muster/shared/fold"
)

// families lists first names and their short and familiar forms, a line each, folded, as they are used in Belgium, the
// Netherlands, France, Spain and England. A name may be in several lines.
const families = `
johannes jan johan hans jo joh jannes hannes john jean juan jannick
johanna jo joke hanneke anneke jopie jeanne jeannine janna hanna jo joan
jan jantje janneke
john johnny jack jonny jon
jonathan jon jonas jonny
jean jeannot jeanot
jean-pierre jp jeanpierre
jean-paul jp jeanpaul
jean-marie jm
juan juanito juancho
willem wim willy wil will pim guillaume william bill guillermo
wilhelmina mina wil willemijn willy mien minnie
william will bill billy willy liam wills
guillaume guy willy
guillermo guille memo
pieter piet peter pierre pedro pete peer petrus pierrot
petra peetje
pedro perico
peter pete
jozef jos jef jo joseph jose joe sef josephus josef
joseph joe joey jo josy jos
josefa pepa josefina fina
jose pepe chepe
josephine jos josee fien fientje josefien josephina josefine jo josie
maria mia mieke marie ria marijke mary mimi miet mieke maaike marietje mariette maritza mari
marie mimi marion manon
mary molly polly mae may
maria-jose majo mariajose
maria-teresa maite maritere mariateresa
maria-luisa marisa mariluisa
margaretha greet griet gretha margriet grietje marguerite margaret greta gerda margot rita margareta
margaret maggie meg peggy peg margie marge madge daisy greta rita
marguerite margot margaux maggy rita
elisabeth els lies liesbeth betty lisa elise bet lisette elisa liesje bettina elizabeth lise babette lysbeth betsy liza elly ella ellen
elizabeth liz beth betty lizzie eliza lisa bess libby betsy lizzy ellie
isabel isa isabelle isabella bella belle chavela
catharina katrien trien kaat karin katharina kathleen katrijn catherine cathy tineke tina toos trijntje katja carina kaatje rina
catherine cathy kate katie kathy kat cath kitty katherine kathryn
kathleen kathy kat kath
karen caren karin
katelijne lijne
cornelis kees cor nelis cees cornelius corneel neel niels
cornelia corrie cor nelleke nel cokkie neeltje lia cornelie
antoon toon anton antonius ton tony theun antoine antonio antonie tonny teun
antonia toni tonia antoinette toinette
anthony tony ant antony
antonio toni tono antonito
hendrik henk rik henri hein henry hendrikus henrik heintje driekus harry
henrietta henriette jet jetje riet hetty hettie
henry harry hank hal
harold harry hal
henri riton
enrique quique kike
frans francis frank franciscus francois francisco sus suske fransiscus cis frenk
francois fanfan
francisco paco pancho curro fran kiko quico
francisca paca paqui paquita fran
francine sien cine
francis frank fran
frances fran fanny frankie francie
frederik fred freddy frits rik frederic frederick federico
frederick fred freddie freddy fritz
federico fede kiko
frederique fred rika
lodewijk lode louis lowie wiek ludovicus ludo luis lewis
louis lou loulou
louise lou wies loes louisa lies wiske luisa lulu
luis lucho luisito
lucas luuk luc luk luke
lucia luz lucy lucie luus lut
lutgard lut lutgart lutgarde
karel carl karl charles carlos kareltje carolus sjarel
charles charlie chuck chas charly chip
carlos carlitos
carolina carol carrie caro caroline lien lina carolien line
charlotte lotte lot charlie lottie charlot
jacob jaap jacobus koos cobus jack jacques jake sjaak jaak
jacques jacky jaak
james jim jimmy jamie jem
jacoba coba cobie
jaime jaimito
santiago santi yago
diego dieguito
theodorus theo door dorus teo dirk theodoor theodore ted teddy
theodora dora thea doortje
theresia trees resi therese theresa terry thea tess teresa
theresa tess terry tessa
teresa tere teresita maite
nicolaas klaas nico nick nicolas nicholas niek nikolaas klaus claus
nicholas nick nicky nico
nicolas nico colas
nicole nicky nico
michael mike mick mickey mikey michiel michel mich
michiel chiel mich giel
michel mich mitch
miguel migue
mikael mika
alexander alex sander lex xander sandro alexandre sandy alejandro aleksander sacha
alexandra alex sandra sandy lexie xandra alexa sacha alejandra
alejandro alex ale jandro
christiaan chris christian kris christien
christina chris tina christine kristin stien christa stientje kris cristina
christopher chris topher kit kristof christophe
christophe chris tof kristof
cristina cris tina
cristobal tobal
robert rob bob bert robbie bobby roberto robrecht robby
roberto beto tito
roberta bobbie robbie
richard rick dick ricky rich richie riko ricardo rik
ricardo ricky richi
rudolf rudy dolf ruud rodolfo rolf
gerard gerrit geert gert gerardus gerald ger gerd gerardo
geertruida truus trudy geertrui truida trui gertrude
gerald gerry jerry
geoffrey geoff jeff
jeffrey jeff
george georgie
georges jos joris sjors george
jorge jorgito
gregory greg gregoire gregor
gregorio goyo
guido guy
gustaaf staf gust gustave guus gustavo
augustinus guus stijn august tinus augustin
augusta gusta guusta
adriaan ad arie adrian janus adrie adriano adrianus
adriana adrie jana arianne adriane
albert bert ab al bertus albrecht alberto bertie
alberto beto
alfons fons alphonse alfonso fonske
alfonso poncho
alfred fred alf freddy alfredo fredje
andreas dries andre andries andy andrew andres
andrew andy drew
andrea andie
anna ann annie anneke an anne ans annette anita nancy anja annelies anouk ana anke anouchka
annemarie annemie annemieke anne-marie mieke anne mie annemiek
ana anita
anne annie nan nancy
barbara barb babs bar barbie
bartholomeus bart mees bartel
benjamin ben benny benji benoit
benito beni
bernard ben bernie nard bernardus bert barend bernardo
bernadette berna detta bernie dette
bertrand bert
brigitte gitte brit
bridget biddy
cecilia cilia cis cecile silke celia cissy
claudia claudie
claude claudy
constant stan
constance connie
concepcion concha conchita conchi
daniel dan danny daan dani
danielle dani daniela danny
david dave davy
dolores lola loli lolita
deborah debbie deb debora
dominique dom domi do
domingo mingo
donald don donny
dorothea thea dora doortje dorothee dorien
dorothy dot dottie dolly dora
edmond ed eddy mon
edmund ed eddie ned
eduard ed edward eddy ward edouard eduardo edu
eduardo edu lalo
edward ed eddie ted ned teddy
eleanor ellie nell nora ella
eleonora nora leonoor eleonore
emma em emmy
emilia emmy emily mila emilie mil
emmanuel manu emanuel manuel
manuel manolo manu lolo
manuela manoli manu
encarnacion encarna
ernest ernie nest erneste
eugene gene
eugenius gene eugeen
eva eve evi
evelien eef lien evelyne eveline
ferdinand ferre nand fernand fernando
fernando nando fer
florence flo florrie flor
florentina tina
gabriel gab gabe gabi
gabrielle gaby gabi gabriela
genoveva veva genevieve
gilbert gil bert
gilles gil
gonzalo gonza
godfried fried
gommaar mare
helena leen lena heleen helene ellen helen lena leentje
helen nell nellie
herman man hermanus armand manus
hilda hilde
hubertus huub bert hubert huib
hubert bert huub
hugo huguette hugh
ignatius naat ignace nas ignacio
ignacio nacho
imelda melda
irena rena irene ireen
jacqueline jackie jacky line
jennifer jen jenny jenn
jeremy jerry jem
jerome jer
jesus chus suso
jessica jess jessie
joachim jochem achim chim joaquin
joaquin quino ximo
joris jorre
judith ju judy
julianus jul juliaan julien
julia jul juliette
julius jules juul jul julio
katalijne kaat
kenneth ken kenny
lambertus lambert bert bertus lam
laurens lau laurent lourens lars lorenz
laurence lau laurie
lawrence larry laurie
laura lau lauren
leonard leo len lenny leonardus leendert
leopold pol leo
leonie leo
lieven lie livinus
magdalena lena magda leen madeleine madelon
madeleine mado madelon
marc mark marcus marco markus
marcel cel marcello marcelino
marcella cella marcelle
marianne marjan mar
martin marty tin maarten martinus tinus marten
martina tina tineke martine
martha mart marthe
mathias mats thijs matthijs matthias matt mathijs mathieu matthieu
matheus teeuw mathieu thieu matt matthew mateo
matthew matt matty
mathilde tilly mathilda til tilde
maurits mau maurice mo
maximiliaan max maxim maxime
maxime max
melanie mel
melissa mel lissa
mercedes merche
mohamed mo mohammed muhammad mohamad mohammad med
monica moniek monique
montserrat montse
nathalie nat natalie lie natasha nathaly
nathan nat
octaaf taaf octave
olivier oli olli oliver
oliver ollie oli
olivia liv olie
patricia pat patsy trish patty trees tricia
patrick pat paddy rick patrik
patricio pato
paulus paul pol pauwel
paula paulette
paul pol paulus pablo
pauline lien line paulien
philip phil flip filip philippe philippus pip felipe
philippe flip phil filip
pilar pili
rachel rae
rafael rafa
raymond ray mon raymundus raimundo
ramon moncho
rebecca becky bec becca
reginald reg reggie
regina gina
reinhilde hilde
remigius remi
renaat naat rene
ronald ron ronny ronnie
roger ro rutger
rogelio roge
rosalia rosa lia roos rosalie
rosario charo
rosa rosita roos
rosemarie roos rosemary
samuel sam sammy
samantha sam sammy
sebastiaan bas bastiaan seba sebastian sebastien bastien
sebastian seb sebas
sergio checho serge
simon siem sim
sofie fie sophie sofia sophia
sophie fie
stefaan stef steven stefan fons staf stephane stephan
stephen steve steven stevie
stefanie stef fanny stephanie
stephanie steph steffie
esteban estebi
susanna suus sanne suzy susan suzanne susana
susan sue susie suzy
sylvester vest
sylvia syl
thomas tom tommy tomas maas
timothy tim timmy
ursula ursel
valentijn tijn valentin
valerie val
vanessa nessa
veronica vera veroniek ronnie veronique vero
victor vic vik
victoria vicky vic tori
vincent vince vinnie vin cent vincentius
vicente vice chente
virginia ginny virginie
walter wout wouter walt wally
werner wer
wilfried fried wil
wolfgang wolf
xavier xavi javi javier saverio
javier javi
yolanda yoli
yvonne von
zacharias zach
zoe zoetje
`

// nicknames gives the lines of families a first name is in.
var nicknames = sync.OnceValue(func() map[string][]uint16 {
	all := map[string][]uint16{}
	n := uint16(0)
	for line := range strings.Lines(families + abroad) {
		n++
		for _, name := range strings.Fields(line) {
			name = strings.ReplaceAll(name, "-", "")
			if had := all[name]; len(had) == 0 || had[len(had)-1] != n {
				all[name] = append(had, n)
			}
		}
	}
	for name := range strings.FieldsSeq(plain) {
		if all[name] == nil {
			all[name] = []uint16{}
		}
	}
	return all
})

// share tells whether two sorted lists have an element in common.
func share(a, b []uint16) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// feminine are endings that make a man's name a woman's, who may be his sister.
var feminine = []string{"e", "a", "ne", "le", "te", "tte", "ine", "ina", "ette", "ien", "ina", "je", "ke"}

// gendered tells whether one name is that of the other sex, Jean and Jeanne, Mario and Maria, and how many letters that takes.
func gendered(a, b string) (letters int, ok bool) {
	if len(a) > len(b) {
		a, b = b, a
	}
	if rest, ok := strings.CutPrefix(b, a); ok && len(a) > 2 && rest != a[len(a)-1:] { // not by a letter twice
		return len(rest), slices.Contains(feminine, rest)
	}
	n := len(a) - 1
	return 1, n > 1 && len(a) == len(b) && a[:n] == b[:n] && (a[n] == 'o' && b[n] == 'a' || a[n] == 'a' && b[n] == 'o')
}

// Forms gives the other forms of a first name, folded, at most 16.
func Forms(first string) []string {
	words := fold.Words(first)
	if len(words) == 0 {
		return nil
	}
	name := strings.Join(words, "")
	own := nicknames()[name]
	if own == nil {
		return nil
	}
	var forms []string
	n := uint16(0)
	for line := range strings.Lines(families + abroad) {
		if n++; !slices.Contains(own, n) {
			continue
		}
		for _, form := range strings.Fields(line) {
			if form != name && !slices.Contains(forms, form) && len(forms) < 16 {
				forms = append(forms, form)
			}
		}
	}
	return forms
}
