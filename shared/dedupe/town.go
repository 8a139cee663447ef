package dedupe

import "strings"

// exonyms are towns by their names in several languages, a line each, folded and without spaces.
const exonyms = `
brussel bruxelles brussels bruselas
antwerpen anvers antwerp amberes
gent gand ghent gante
brugge bruges brujas
leuven louvain lovaina
mechelen malines malinas
kortrijk courtrai
ieper ypres
oostende ostende ostend
aalst alost
dendermonde termonde
oudenaarde audenarde
ronse renaix
tienen tirlemont
halle hal
vilvoorde vilvorde
doornik tournai
bergen mons
namen namur
luik liege luttich lieja
aarlen arlon
waver wavre
nijvel nivelles
moeskroen mouscron
zinnik soignies
rijsel lille
duinkerke dunkerque dunkirk
kamerijk cambrai
parijs paris parigi
straatsburg strasbourg strassburg estrasburgo
denhaag sgravenhage thehague lahaye lahaya
denbosch shertogenbosch boisleduc
vlissingen flushing flessingue
keulen koln cologne colonia koeln
aken aachen aixlachapelle aquisgran
munchen munich muenchen monaco
neurenberg nurnberg nuremberg nuernberg
hannover hanover hanovre
hamburg hambourg hamburgo
frankfurt francfort frankfurtammain
trier treves
mainz mayence
wenen wien vienna vienne viena
geneve geneva genf ginebra
bazel basel bale basilea
zurich zuerich
bern berne berna
londen london londres londra
edinburgh edimbourg edimburgo
kopenhagen kobenhavn copenhagen copenhague
praag praha prague prag praga
warschau warszawa warsaw varsovie varsovia
krakau krakow cracow cracovie cracovia
gdansk danzig
wroclaw breslau
lisboa lisbon lisbonne lissabon
porto oporto
sevilla seville
zaragoza saragossa saragosse
sansebastian donostia donostiasansebastian
bilbao bilbo
vitoria gasteiz vitoriagasteiz
pamplona iruna pamplonairuna
lacoruna acoruna coruna
gerona girona
lerida lleida
alicante alacant
elche elx
palma palmademallorca
milano milan mailand milaan
torino turin turijn
firenze florence florenz florencia
venezia venice venise venedig venetie
napoli naples neapel napels napoles
roma rome rom
genova genoa genes genua
padova padua padoue
mantova mantua
livorno leghorn
athina athens athenes athene athen
moskva moscow moskou moscou moskau
kyiv kiev kiew
tanger tangier tangiers
newyork newyorkcity nyc ny
losangeles la
sanfrancisco sf
washington washingtondc dc
philadelphia philly
lasvegas vegas
mexicocity mexico ciudaddemexico cdmx
`

// elsewhere gives the line of exonyms that a town is in.
var elsewhere = func() map[string]int {
	all := map[string]int{}
	n := 0
	for line := range strings.Lines(exonyms) {
		n++
		for _, name := range strings.Fields(line) {
			all[name] = n
		}
	}
	return all
}()

// townNames tells how the names of two towns agree.
func townNames(a, b *value) agreement {
	if n := elsewhere[a.text]; n > 0 && n == elsewhere[b.text] {
		return short
	}
	how := alike(a, b)
	if how >= near {
		return how
	}
	if strings.Contains(a.text, b.text) && len(b.text) > 2 || strings.Contains(b.text, a.text) && len(a.text) > 2 {
		return part
	}
	return how
}
