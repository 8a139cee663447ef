package dedupe

// abroad are families of first names of further languages, as in families: German, Italian, Polish and Czech, Russian, Portuguese,
// Arabic and Turkish in the spellings of Latin letters, Scandinavian, Hungarian, Greek, and English and Spanish of America.
const abroad = `
hans hannes johannes johann
johann hans johannes hannes
jurgen juergen jorg georg jurg
georg jorg joerg schorsch jurgen
gunter gunther guenter gunni
wolfgang wolf wolfi
elisabeth lisbeth elli lisl sissi bettina ilse elsbeth liesl
katharina kathe katja kati kathrin katrin katarina trine
margarete grete gretel margit greta gitta marga
brigitte gitte gitta britta birgit
ursula uschi ulla ursel
gabriele gabi gaby
hildegard hilde hilla
susanne susi sanne suse
barbara barbel babsi
dorothea dora dorle doro thea dorothee
matthias matze matthes mathias matt
michael michi michl micha
andreas andi andy
stefan stephan steffen stef
sebastian basti bastian wastl
maximilian max maxi
manfred manni
friedrich fritz fred friedl
heinrich heinz heiner hein
ludwig lutz wiggerl
eduard edi ede edward
leopold poldi leo
rudolf rudi
siegfried sigi
tobias tobi
benedikt bene
thorsten torsten
ulrich uli ulli
ulrike uli rike
kunigunde kuni gunda
giuseppe beppe peppe pino peppino joseph
giovanni gianni nanni vanni gian
giovanna gianna vanna
francesco franco ciccio checco cecco
francesca franca cesca checca
alessandro sandro ale
alessandra sandra ale
lorenzo renzo enzo
vincenzo enzo vince
salvatore toto turi salvo tore
domenico mimmo mico menico
domenica mimma
antonio tonino totonno nino toni antonino
antonia tonia tonina
luigi gigi gino luigino
luigia gina
pietro piero pierino
filippo pippo
giacomo mino giacomino
michele lele
gabriele lele
daniele lele
emanuele lele manu
raffaele lello raffa
eduardo edo dado edoardo
leonardo leo nardo
caterina rina cate katia
margherita rita ghita
concetta tina cettina
giuseppina pina giusi pinuccia
carmela carmen melina
rosaria sara rosi
teresa resi terry
katarzyna kasia kaska kate
malgorzata gosia malgosia
agnieszka aga agusia
aleksandra ola olka sasza
aleksander olek alek sasza
joanna asia joasia
magdalena magda madzia lena
elzbieta ela elka bieta
zofia zosia zofka sophia
barbara basia baska
krystyna krysia
ewa ewka
teresa renia
malgorzata malgorzatka gosia
krzysztof krzysiek krzys christopher
tomasz tomek tomus
stanislaw staszek stas stach
andrzej jedrek jedrus andrew
grzegorz grzesiek grzes
wojciech wojtek
jakub kuba kubus
pawel pawelek paul
piotr piotrek peter
michal michalek misiek
marcin marcinek
mateusz mati mateo
zbigniew zbyszek
tadeusz tadek
kazimierz kazik kazek
jozef jozek ziutek
jan janek jasiek jas janusz
jerzy jurek george
ryszard rysiek
slawomir slawek
jaroslaw jarek
miroslaw mirek
przemyslaw przemek
bartlomiej bartek
lukasz lukaszek
zuzanna zuza zuzia
natalia natka
jadwiga jadzia
aleksandr sasha aleksei alexander
ivan vanya vania ioann
dmitri dima mitya dmitry dmitriy
mikhail misha michail michael
nikolai kolya nikolay
sergei seryozha sergey serge
vladimir volodya vova wladimir
ekaterina katya katja catherine
tatiana tanya tatyana tania
anastasia nastya anastasiya
elena lena yelena helena
natalia natasha nataliya natalya
svetlana sveta
yevgeny zhenya evgeny evgeni eugene
jiri jirka george
josef pepa jozka
frantisek franta
vaclav vasek
katerina katka
tereza terka
eva evka evicka
joao joaozinho
jose ze zeca zezinho
francisco chico xico quim
antonio tonho tone toninho
eduardo edu dudu
luis lula luisinho
manuel nel manel manelinho
maria mariazinha
beatriz bia
gabriela gabi
isabela isa bela
leonor nonor
mohammed mohamed muhammad mohammad mohamad muhammed mehmet mohamedou mo moh mehmed muhamed
ahmed ahmad achmed ahmet
mahmoud mahmud mehmood
youssef yusuf yousef yousuf yussuf joseph josef youcef yosef
hussein hossein husein hussain husayn huseyin houssein
hassan hasan hassen
ali aly
omar umar omer oumar
abdellah abdullah abdallah abdoullah abdul
abderrahman abdurrahman abdulrahman abdelrahman abdurahman abderrahmane
abdelaziz abdulaziz aziz
abdelkader abdulkadir kader abdelkadir
khalid khaled halid halit
said saeed saied sayed
rachid rashid rasheed rashed
mustapha mustafa moustafa moustapha mostafa mus
karim kareem kerim
ibrahim ebrahim brahim abraham ibo
ismail ismael esmail ishmael
jamal gamal djamel jamel cemal
tarik tariq tarek tareq
younes yunus younous jonas younis
zakaria zakariya zekeriya zachariah
bilal billal
hamza hamzah
ayoub ayub eyup
mehdi mahdi
suleiman sulaiman slimane soulaiman suleyman soliman
fatima fatma fatimah fatiha fatou faten fati
khadija khadidja hatice khadijah
aicha aisha ayesha ayse aysha
zineb zaynab zeynep zainab zeinab
maryam mariam meryem miriam myriam mariama
leila layla laila leyla
yasmina yasmine jasmin yasmin jasmina jasmine
samira samirah
nadia nadja nadya
hanane hanan
naima naimah
karima kerima
malika melika
sofiane soufiane sofian sufian
mehmet mehmetcan
emre emrah
chiara clara
william willy liam billie
jennifer jen jenny jenn jenna
kimberly kim kimmy
deborah debbie deb debra debby
pamela pam
cynthia cindy
jonathan jon john nathan
nathaniel nate nathan nat
nathan nate nat
zachary zach zack zac
joshua josh
kenneth ken kenny
ronald ron ronnie
donald don donnie
raymond ray
lawrence larry laurence lars
leonard len lenny leo
stephen steve steven stephan stefan steph
steven steve stephen
stephanie steph steffie stefanie
jessica jess jessie
amanda mandy
melissa missy mel lissa
sandra sandy
theodore ted theo teddy
phillip phil philip filip
philippa pippa
patricia pat patty trish tricia patsy patti
patrick pat paddy patty
kathryn kathy kate katie kathrin
judith judy jude
jacqueline jackie jacky
janet jan jenny
guadalupe lupe lupita
jesus chucho chuy
ignacio nacho iggy
rosario charo
concepcion concha conchita conchi
dolores lola lolita loli
mercedes merche merce
montserrat montse
pilar pili
encarnacion encarna
remedios reme
milagros mila
inmaculada inma
consuelo chelo
rafael rafa rafi
manuel manolo manu lolo
alfredo fredo
ernesto neto
gonzalo gonza
sebastian seba sebas
valentina vale tina
vitoria vito
bjorn bjoern
lars laurits lasse
niels nils
soren soeren
kristoffer kris
anders andreas
katrine trine
kirsten kirstin
erik eric erick
jorn joern
zsuzsanna zsuzsa
erzsebet erzsi bozsi
istvan pista
jozsef jozsi
laszlo laci
gheorghe gigi
ioan ion ionut
mihai misu
nikolaos nikos
georgios giorgos yorgos george
ioannis yannis giannis
dimitrios dimitris
konstantinos kostas
vasilios vasilis
`

// plain lists first names that are in no family, or without it: a name here is no mistake for another.
const plain = `
aaron abel abigail achille ada adam adan adela adele adolf adolfo adrien agata agathe agnes agustin aida aidan aimee aino aitana aitor akira alain
alan alana alba albane alberta albertine alda aldric alec alejo alena alessia alessio alexia alexis alfie alice alicia alida alina aline alison alissa
alistair alix alizee allan allen alma almudena alois alonso aloys alvaro alwin alyssa amaia amalia amandine amaury amaya amber ambre amelia amelie
amina amir amos amparo amy anabel anais anatole andrej anette ange angela angele angeles angelica angelina angelique angelo angus anh anibal anika
anil annabel anneliese annika anselme ansgar antje antonella antonin anya apolline april archer archie ariadna ariane ariel aristide arlette arlo
armelle arnaud arne arno arnold arsene arthur arturo arwen asa asher ashley ashton aster astrid asuncion athena aubin aubrey aude audrey aurelie
aurora austin autumn ava avery axel axelle ayla aylin aymeric azucena balthazar baptiste barnaby barry baudouin bavo beate beatrice beau begona belen
benedict benedicte benita bennett bent bente berenice bernarda bernice berre berta bertha bertille bessie bethany beverley beverly bianca binh
birgitta blaise blake blanca blanche blandine blas blythe bo boaz bodhi bogdan bojan bonnie boris borja brady bram brandon brecht brenda brendan brent
bret brett brian briana brice briek brieuc britt brody bronwyn brooke bruce bruna bruno bryan bryce bryony byron caitlin caleb callie callum calvin
cameron camila camilla camille candela candice capucine cara carla carlo carlota carly carmelo carole carolyn carsten carter cary cas casey casper
cassandra cassidy cayetana ceder cedric celeste celestin celine cem cesar chad chantal charity charlene charline chase chau chelsea chen cheryl
chester chloe christel christelle christiane claire clarissa clarisse clark claudette claudine claudio clay clayton clemence clement cleo cliff
clifford clinton clive cloe clyde cody cohen colby cole colette colin colombe come connor conor constantin cooper cora coralie corentin corey corinna
corinne corneille courtney craig cristian cristiano crystal cuong curtis cyprien cyril cyrille dagmar dale dalia dallas damian damien damon dana dante
daphne darcy daria dario darius darla darrell darren darryl davide dawid dawn dawson dean deanna deirdre delia della delphine demi denis denise dennis
derek derrick desiree detlef dexter diana diane didier dieter dimitri dina dino djamila dominic dominik donata donatella donna donovan doreen dorian
doris dorota douglas duc duncan dung dustin dwayne dwight dylan earl easton ebe ebony eckhard eden edgar edith edna edurne edwige edwin effie eileen
elaine elba elea eli elia eliane elias elif elijah elin elina eline elio eliot eliott elke elle elliot elliott ellis elodie eloi eloise elouan elsa
elsie elton elvira elvis emeline emeric emerson emery emiel emil emile emilien emilio emmanuelle emmett ender enora enrico erica erich erika erin erna
ernestine ernst erwin esme esmee esperanza estefania estelle ester esther estrella ethan ethel etienne eugenia eugenie eulalia eunice evan evangeline
evelyn everett evie ezekiel ezra faas fabian fabien fabienne fabio fabiola fabrice faith fang fantine faustine faye febe fedor felicia felicie
felicity felix femke fermin fern fernanda fidel finlay finley finn fiona firmin flavia flavie flavio fleur floor flora florent florian florine floris
floyd forrest francoise franka franklin franz franziska frauke freda freya frida frieda friederike gabin gabriella gael gaelle gaetan gail gala
garrett gaspard gaston gauthier gautier gavin gemma genesis georgia georgina geraldine gerben gerhard germaine german gertrud ghislaine giang gianluca
gianmarco gideon gijs gines ginette ginevra ginger giorgia giorgio gisela gisele giselle giulia giulio gladys glen glenda glenn gloria gordon grace
graham grant grayson gregoria griffin gudrun guillem guillemette gunnar gustav guust gwen gwenaelle gwendolyn hadrien hai hailey hakim halina hallie
hamish hana hanh hannah hanne hannelore hao harald hariet harley harmonie harper harriet harrison haruto harvey hasse hattie hayden hayley hazel
heather hector hedwig heidi heike heiko helga helge helle helmut heloise herbert hermann hermine herminia hieu hilary hippolyte hiroshi hoa holly
homer hong honore hope horst hortense howard hudson hui hung hunter huong huy iain ian iben ida igor ijsbrand ike iker ilan ilaria ilona imke imme
imogen imran inaki indra ine ines inga inge ingeborg ingrid inka ira irina iris irma irmgard irving isaac isaiah isak isaura isaure isidore isidro
isla ivana ivo ivonne ivy iwona izan jaana jace jacinta jacinthe jacinto jackson jade jaden jago jaiden jane janice janina janine janis janne jannik
jarne jarno jasmijn jason jasper javiera jay jayden jaylen jayne jeanette jeanine jed jelle jemima jens jente jeremiah jeremie jeroen jerom jesper
jesse jian jibbe jill jing jits jitse joana joanne joaquina jocelyn jochen jodie joel joelle jolan jolanda jolene jolien jonah joost joppe jordan
jordi jordy joren josette josiah josiane josselin josue joy joyce juana juanita julen julian juliana juliane julie juliet jun juna june jurre justin
justine justyna kai kaitlyn kamiel kara kari karina karine karla karolina karoline karsten kasey kato katy kay kayden kayla kaylee keira keith kelly
kelvin kendall kendra kenji kenza kerry kerstin kevin khanh khoa kian kiara kiera kieran kiki kira kirk kirsty klara kobe koen korneel kristen
kristian kristina kurt kyla kyle kylie kyra lacey lachlan laetitia laia lan lana lance lander landon lara larissa laure laurel laverne lawson lazare
lea leah leander leandre leanne lee lei leif leigh leire lela leni lenn lennart lennert lenora leon leona leonce leonore leroy lesley leslie lester
leticia levi lexi lidia lieke liene lieve lila lili lilian liliane lillian lilly lilou lilwenn lily lincoln linda linde lindsay lindsey ling linh
linus lionel livia lloyd loan logan loic lois long lore lorena loretta lorna lorraine lothar louane louison louka lourdes luca lucette luciana lucien
lucienne lucille lucinda ludivine ludovic luise luka lukas luna lus lya lydia lydie lyla lyna lynda lynn lys mabel macarena mackenzie macy madeline
madison mads mael maelle maelys maeva magali magnus mai maialen maisie maja malak malcolm malik malin mallory malo malte manech manou mara marceau
marcela marcelin marcelo marcia marcos mareike maren margarita marian mariana mariano mariella marielle marija marika marilou marilyn marin marina
marine mario maris marise marisol marissa marit marius marja marjolein marjorie marko marla marlene marlies marloes marlon marsha marshall marta
martial martijn marvin maryse mason mathis mathurin matias matilda matteo mattia mattis maud maude maura maureen mauricio maurizio mauro mavis maxence
maximo maya megan mei meike melinda melodie melody melvin menno mercy meredith merel merijn merle mette micah michaela michelle mik mikkel milan
mildred milena miles millie milo milton mindy ming minh minne mira miranda mireia mireille mirjam mirko mirte mitchell moira mona monika morgan
morgane moritz morris moses muriel murielle mya myra myrthe myrtille myrtle nadege nadine naelle naiara nam nanou naomi nasser nastasja natacha naud
neal neil nele nelle nelly nelson nena nerea nestor nette nevaeh neville nevio nga ngoc nhung niamh nicola nieves nigel nikita nikki niklas niko nina
niven noa noah noam noe noel noelia noelle noemi noemie nola nolan noor norah norbert noreen norma norman noud nour nova nuno nuria oceane octavio oda
odette odile odin olaf oleg olga olive olympe ona oona opal ophelia ophelie oriane oriol orla orlando oscar oskar otis otto owen pacome page paige
paloma paola paolo parker pascal pascale pascaline patience patrice patrizia paulina paulo pavel paxton payton paz pearl pelle penelope penny pepijn
per percy perrine perry peyton phoebe phong phuc phuong phyllis pia piedad pien piper pom poppy preston priscilla prosper puck qiang quang quentin
quinn quinten quynh rachael raf rafal raffaella rainer ralf ralph ramiro ramona ramses randy ranja raoul raphael raquel raul raven rayan raymonde
reagan rebeca reece reed reese regine regis reine reinhard reinhold reinout remy renata renate renato renaud renee renske reuben rex reyes rhoda
rhonda rhune rhys ricarda riccardo riley robbe robin robyn rocio rodney rodolphe rodrigo roel roland romain roman romane romy ronan ronja roque rory
rosalind roscoe rose rosie ross rowan rowena roxane roy ruben ruby rufino rufus rune rupert russell ruth ryan ryder rylan saar sabina sabine sabrina
sadie saga saida sakura sally salma salome salvador samara sandrine santos sarah sascha saskia saul savannah sawyer scarlett scott sean selena selina
selma sem senna senne seppe serena seth severin severine shana shane shannon sharon shaun shawn sheila shelby sheldon shelley sherri sherry shirley
sibylle sidney sidonie siebe siemen sienna sierra sies sigrid silas silvia silvio simeon simona simone sina sinead siobhan sissel sixtine skye skylar
soizic solange soledad solene solenn son sonia sonja soraya spencer stacey stacy stanislas stanley stefania stefano stella sten sterre stewart stina
stuart summer suzette sven svenja sverre swann sybil sybille sydney sylvain sylvette sylviane sylvie sylwia tabea tabitha talia tam tamara tammy
tanguy tanja tao tara tasha taylor teodoro terence terrance thais thang thanh thao theodor theophile thi thibau thibault thibaut thierry thor thu thuy
tibo tiebe tieme tien tiffany tijl till tilo timeo timo timothee tine tino titouan titus toby todd torben toussaint tracey tracy trang travis trent
trevor trinidad tristan troy tuan tuur tuyet tycho tyler tyrone ulysse uma unai urbain uta ute uwe valentine valere valeria valery van vanesa vaughn
vega velma verena vernon veronika vicki victoire viet viktor viktoria vinh viola violaine violet violette virgil virtudes vitor vivian viviane
vivienne volker wade wallace waltraud wanda wannes warre warren wayne wei wendell wendy wesley weston whitney wiet wilbur wilf wilfred wilhelm willa
willard willow wilma winifred winston wyatt xin yael yaiza yan yana yann yannick yara yente ying yoann yoko yolande yoni yoran youri ysaline yu yuki
yvan yves yvette zacharie zaira zane zara zelda zelie zita zoey zuzana
`
