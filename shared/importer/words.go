package importer

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/list"
)

// headerWords are the words by which lists head their columns, in the four languages and in the exports of mail programs
// and other systems, folded and without marks. A target's labels in the catalogues are known beside these.
var headerWords = map[string]string{
	"number": "lidnr lidnummer ledennummer stamnummer nr nummer number no id systemid membernumber memberno membershipno " +
		"membershipnumber membernr numerodesocio nsocio numsocio socio numero numeroadherent nadherent numeroadh klantnummer",
	"firstName": "voornaam firstname forename givenname first prenom nombre nombredepila roepnaam vnaam",
	"prefix":    "tussenvoegsel tussenvoegsels voorvoegsel prefix nameprefix particule",
	"lastName": "naam achternaam familienaam lastname surname familyname last nom nomdefamille nomfamille apellido apellidos " +
		"primerapellido nachname fnaam",
	"name:full": "name fullname displayname nomcomplet nomprenom nometprenom nombrecompleto nombreyapellidos volledigenaam " +
		"naamenvoornaam naamvoornaam contact contactname contactpersoon lid membre member",
	"title":           "title titel aanhef aanspreking aanspreektitel civilite salutation titre tratamiento mrms",
	"suffix":          "suffix namesuffix achtervoegsel",
	"nickname":        "nickname bijnaam roepnaam2 surnom apodo alias screenname",
	"birthDate":       "geboortedatum gebdatum geborenop geboren birthdate birthday dateofbirth dob born verjaardag datedenaissance datenaissance nele neele naissance anniversaire fechadenacimiento fechadenac fechadenacimien fnacimiento fechanacimiento fechanac nacimiento cumpleanos",
	"birthDate:year":  "birthyear geboortejaar anneedenaissance anonacimiento anodenacimiento",
	"birthDate:month": "birthmonth geboortemaand moisdenaissance mesdenacimiento",
	"birthDate:day":   "birthday2 birthdayofmonth geboortedag jourdenaissance diadenacimiento",
	"gender":          "geslacht gender sex mv mvx sexe genre genero sexo hm",
	"language":        "taal language langue idioma lengua spreektaal preferredlanguage",
	"emails.address": "email emails emailadres emailaddress mail mailadres courriel courrielprincipal email1 email2 emailaddress2 primaryemail " +
		"secondaryemail correo correos correoelectronico correoe correoselectronicos mel adressemail adressecourriel adresseemail adressedecourriel emailprive email1value email2value",
	"emails.address:work":   "emailwork workemail emailwerk courrielprofessionnel emailpro emailtrabajo",
	"emails.address:father": "emailvader emailpere emailpadre fatheremail",
	"emails.address:mother": "emailmoeder emailmere emailmadre motheremail",
	"phones.number:mobile": "gsm gsmnummer mobiel mobielnummer mobile mobilenumber mobilephone cell cellphone cellular portable " +
		"telephoneportable telportable telmobile movil telefonomovil telmovil celular mob gsmnr 06nummer",
	"phones.number:fixed": "telefoon telefoonnummer tel telnr telthuis telefoonthuis telefoonprive vast vastenummer phone phonenumber telephone " +
		"telephonefixe telfixe fixe homephone landline telefono telefonofijo telfijo fijo phone1value",
	"phones.number:work":   "telefoonwerk telwerk workphone businessphone telephoneprofessionnel telpro telefonotrabajo teltrabajo",
	"phones.number:father": "gsmvader telvader portablepere telpere movilpadre",
	"phones.number:mother": "gsmmoeder telmoeder portablemere telmere movilmadre",
	"addresses:text":       "adres volledigadres address fulladdress adresse adressecomplete adressepostale direccion direccioncompleta domicilio postadres",
	"addresses.street:line": "straatnr straatennr straatennummer straathuisnr straathuisnummer straatnummer streetandnumber addressline1 address1 " +
		"adresse1 adresregel1 ruenumero rueetnumero ruenr homeaddress calleynumero callenumero streetaddress homestreet address1street",
	"addresses.street":   "straat straatnaam street streetname rue voie calle via",
	"addresses.number":   "huisnummer huisnr housenumber houseno streetnumber numerorue numerocalle numerocasa numeroderue nrue",
	"addresses.box":      "bus busnr busnummer toevoeging huisnummertoevoeging box apartment flat boite bte piso puerta homeaddress2 address2 addressline2",
	"addresses.postcode": "postcode postnummer zip zipcode postalcode postal codepostal cp codigopostal cpostal homezipcode homepostalcode pc",
	"addresses.town":     "gemeente stad plaats woonplaats town city village ville commune localite poblacion ciudad localidad municipio homecity woonplaatsnaam",
	"addresses.region":   "provincie region regio county province departement provincia comunidad homestate state",
	"addresses.country":  "land country pays pais homecountry countryregion",
	"type":               "type contacttype soort soortlid lidtype typelid typedemembre typeadherent tipo tipodesocio tipodecontacto",
	"status":             "status statut estado situacion actief active actif activo lidstatus",
	"tags":               "tags labels etiketten etiket etiquettes etiquetas etiqueta roles rollen functies role functie afdeling afdelingen categories categorieen groupmembership",
	"groups.group":       "group groups groep groepen groupe groupes grupo grupos team teams ploeg ploegen equipe equipes equipo equipos",
	"family":             "gezin gezinnen familie huishouden family household famille foyer familia hogar",
	"newsletter":         "nieuwsbrief newsletter infolettre lettredinformation bulletin boletin boletininformativo mailing",
	"website":            "website web webpage webpage1 homepage siteweb siteinternet site paginaweb url",
	"category":           "categorie category categoria categorielid lidcategorie categoriemembre",
	"entity":             "entiteit entity entidad entite section sectie seccion",
	"nationalities": "nationaliteit nationaliteiten nationality nationalities nationalite nationalites nacionalidad nacionalidades citizenship " +
		"staatsburgerschap",
	"maritalStatus": "burgerlijkestaat burgerlijkestand maritalstatus civilstatus etatcivil situationfamiliale situationmatrimoniale estadocivil",
	"occupation":    "beroep occupation profession profesion job metier ocupacion",
	"work.employer": "werkgever employer employeur empleador company companyname bedrijf bedrijfsnaam societe empresa organization organization1name",
	"work.role":     "jobtitle functietitel intituleduposte puesto cargo poste organization1title",
	"shirtNumber":   "rugnummer shirtnummer shirtnumber jerseynumber squadnumber dorsal numerodedorsal numerodemaillot nmaillot",
	"kitSize":       "kledingmaat shirtmaat maat tshirtmaat kitsize shirtsize tshirtsize size talla tallacamiseta taille tailletshirt taillemaillot",
	"iban": "iban ibannummer ibannr rekeningnummer bankrekening bankrekeningnummer rekening bankaccount bankaccountnumber accountnumber compte " +
		"comptebancaire numerodecompte ncompte cuenta cuentabancaria numerodecuenta bankgegevens",
	"ibanHolder": "rekeninghouder naamrekeninghouder tenaamstelling accountholder titulaire titulaireducompte titular titulardelacuenta",
	"nationalNumber.number": "rijksregisternummer rijksregister rijksregisternr rrn rrnr insz inszn insznummer niss nissnr inss bsn " +
		"burgerservicenummer sofinummer dni nie nif dninie nifnie nir numerodesecuritesociale securitesociale nsecuritesociale " +
		"numeroderegistrenational registrenational nregistrenational nrn nationalnumber nationalregisternumber socialsecuritynumber",
	"identityDocument.number": "identiteitskaart identiteitskaartnummer identiteitsnummer idkaart eid eidnummer identitycard identitycardnumber idcard " +
		"idcardnumber documentnumber carteidentite cartedidentite numerocarteidentite passport passportnumber paspoort paspoortnummer passeport " +
		"pasaporte numerodedocumento documentoidentidad documentodeidentidad",
	"identityDocument.issuedBy": "afgegevendoor uitgereiktdoor issuedby delivrepar expedidopor",
	"promotionalSms":            "smspromotie promotionalsms sms smsreclame smspromotionnels smspromocionales smsmarketing",
	"source":                    "herkomst bron source origine origen procedencia",
	"store":                     "winkel filiaal store shop magasin tienda",
	"clientGroup":               "klantengroep klantgroep clientgroup customergroup groupedeclients grupodeclientes",
	"discount":                  "korting kortingspercentage discount remise descuento",
	"paymentTermDays":           "betaaltermijn betalingstermijn paymentterm paymentterms paymenttermdays delaidepaiement plazodepago",
	"externalIds.import":        "externalid externid externeid extid uid identifiantexterne idexterno",
}

// lookup finds targets by the plain form of a header. It is made on first use.
var lookup = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for name, words := range headerWords {
		for word := range strings.FieldsSeq(words) {
			m[word] = name
		}
	}
	for _, l := range i18n.Languages() {
		p := i18n.New(l, time.UTC)
		for _, t := range append(slices.Clip(targets), target{name: "externalIds.import"}) {
			for _, key := range []string{"import.field." + t.name, "field.contact." + t.name} {
				if p.Has(key) {
					if word := plain(p.T(key)); m[word] == "" {
						m[word] = t.name
					}
				}
			}
		}
	}
	return m
})

// plain gives a header as the words are kept: folded, letters and digits alone.
func plain(header string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, fold.String(header))
}

// codes finds the codes of the lists a file may use by their labels in any language, folded.
var codes = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{list.Type, list.Status, list.Category, list.MaritalStatus, list.KitSize, list.Source, list.FamilyRole, list.CompanyFunction, list.Functions} {
		for _, code := range list.Codes(name) {
			m[name+"/"+fold.String(code)] = code
			for _, l := range i18n.Languages() {
				m[name+"/"+fold.String(i18n.New(l, time.UTC).T("list."+name+"."+code))] = code
			}
		}
	}
	for word, code := range codeWords {
		m[word] = code
	}
	return m
})

// codeWords are words files use for a code beside its labels.
var codeWords = map[string]string{
	"type/lid": "member", "type/leden": "member", "type/membre": "member", "type/adherent": "member", "type/socio": "member",
	"type/socia": "member", "type/adherente": "member", "type/full": "member", "type/junior": "member",
	"type/vrijwilliger": "volunteer", "type/benevole": "volunteer", "type/voluntario": "volunteer",
	"type/leerling": "student", "type/eleve": "student", "type/alumno": "student", "type/klant": "customer",
	"type/client": "customer", "type/cliente": "customer", "type/extern": "external", "type/simpatizante": "external",
	"type/sympathisant": "external", "type/donateur": "donor", "type/donante": "donor", "type/leverancier": "supplier",
	"type/fournisseur": "supplier", "type/proveedor": "supplier",
	"status/actief": "active", "status/actif": "active", "status/activo": "active", "status/activa": "active",
	"status/ja": "active", "status/yes": "active", "status/si": "active", "status/oui": "active", "status/alta": "active",
	"status/baja": "withdrawn", "status/uitgeschreven": "withdrawn", "status/inactief": "withdrawn", "status/inactif": "withdrawn",
	"status/inactivo": "withdrawn", "status/inactive": "withdrawn", "status/nee": "withdrawn", "status/no": "withdrawn",
	"status/non": "withdrawn", "status/demissionnaire": "withdrawn", "status/radie": "withdrawn", "status/left": "withdrawn",
	"maritalStatus/gehuwd": "married", "maritalStatus/getrouwd": "married", "maritalStatus/marie": "married", "maritalStatus/mariee": "married",
	"maritalStatus/casado": "married", "maritalStatus/casada": "married", "maritalStatus/ongehuwd": "single", "maritalStatus/alleenstaand": "single",
	"maritalStatus/celibataire": "single", "maritalStatus/soltero": "single", "maritalStatus/soltera": "single",
	"maritalStatus/samenwonend": "cohabiting", "maritalStatus/wettelijk samenwonend": "cohabiting", "maritalStatus/cohabitant": "cohabiting",
	"maritalStatus/pacse": "cohabiting", "maritalStatus/pacsee": "cohabiting", "maritalStatus/pareja de hecho": "cohabiting",
	"maritalStatus/gescheiden": "divorced", "maritalStatus/divorce": "divorced", "maritalStatus/divorcee": "divorced",
	"maritalStatus/divorciado": "divorced", "maritalStatus/divorciada": "divorced", "maritalStatus/weduwe": "widowed",
	"maritalStatus/weduwnaar": "widowed", "maritalStatus/veuf": "widowed", "maritalStatus/veuve": "widowed", "maritalStatus/viudo": "widowed",
	"maritalStatus/viuda": "widowed",
	"status/pendiente":    "pending", "status/wachtend": "pending", "status/en attente": "pending", "status/aangemeld": "pending",
}

// codeOf finds the code of a value by what the organisation calls it, by the code itself, or by its label in any language.
func codeOf(lists list.Lists, name, text string) (string, bool) {
	for _, v := range lists.Values(name) {
		if !v.Retired && (same(v.Code, text) || v.Label != "" && same(v.Label, text)) {
			return v.Code, true
		}
	}
	code, ok := codes()[name+"/"+fold.String(strings.TrimSpace(text))]
	return code, ok && lists.Has(name, code)
}
