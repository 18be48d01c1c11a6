"""Words that mean the same and words that say little: legal forms, abbreviations, nicknames."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Legal forms as `text.words` leaves them: no dots, lower case.
LEGAL_FORMS = _words(
    """
    inc incorporated corp corporation co company llc llp lllp lp ltd limited plc pllc pc pty proprietary
    unlimited public joint stock partnership trust gmbh mbh ag kg ohg kgaa ug gbr se ev eg
    haftungsbeschrankt sa sas sasu sarl sarlu eurl snc sca scop sccl cie srl spa sapa srls snc soc
    societa sl slu slne scp sau sociedad limitada anonima bv nv vof cv bvba cvba ab aktiebolag hb oy oyj
    as asa aps kb ks ans da sp zoo sro spol kft zrt nyrt rt doo dd ad ood eood jsc ojsc pjsc oao zao ooo
    pao tov kk kabushiki kaisha gk yk godo pte sdn bhd berhad pvt private ltda eireli me epp cv sapi rl
    de as sti tic san
    """
)

STOP_WORDS = _words(
    """
    the of and und et y e de la le les der die das den des di del della da do dos van von
    """
)

# Words of company names and the short forms that people and old systems write.
COMPANY_WORDS = {
    "intl": "international", "int": "international", "internat": "international", "intnl": "international",
    "mfg": "manufacturing", "manuf": "manufacturing", "manufact": "manufacturing", "mfrs": "manufacturers",
    "svc": "services", "svcs": "services", "serv": "services", "service": "services", "srv": "services",
    "sys": "systems", "syst": "systems", "system": "systems", "tech": "technologies",
    "technology": "technologies", "techn": "technologies", "technol": "technologies",
    "assoc": "associates", "assocs": "associates", "associate": "associates", "assn": "association",
    "bros": "brothers", "grp": "group", "gp": "group", "hldg": "holdings", "hldgs": "holdings",
    "holding": "holdings", "ind": "industries", "inds": "industries", "indust": "industries",
    "industry": "industries", "natl": "national", "nat": "national", "mgmt": "management", "mgt": "management",
    "dist": "distribution", "distr": "distribution", "distrib": "distribution", "dev": "development",
    "devel": "development", "eng": "engineering", "engrg": "engineering", "engr": "engineering",
    "ent": "enterprises", "enterprise": "enterprises", "entpr": "enterprises", "equip": "equipment",
    "eqpt": "equipment", "fin": "financial", "gen": "general", "inst": "institute", "lab": "laboratories",
    "labs": "laboratories", "laboratory": "laboratories", "med": "medical", "pharm": "pharmaceuticals",
    "pharma": "pharmaceuticals", "pharmaceutical": "pharmaceuticals", "prod": "products", "prods": "products",
    "product": "products", "solution": "solutions", "soln": "solutions", "solns": "solutions",
    "sol": "solutions", "transp": "transport", "trans": "transport", "transportation": "transport",
    "univ": "university", "consult": "consulting", "cons": "consulting", "constr": "construction",
    "const": "construction", "comm": "communications", "comms": "communications",
    "communication": "communications", "elec": "electric", "elect": "electric", "electrical": "electric",
    "supp": "supply", "supplies": "supply", "log": "logistics", "logist": "logistics", "whsl": "wholesale",
    "ctr": "center", "cntr": "center", "centre": "center", "dept": "department", "mkt": "market",
    "mktg": "marketing", "chem": "chemicals", "chemical": "chemicals", "bldg": "building", "st": "saint",
    "mach": "machinery", "masch": "maschinenbau", "gebr": "gebruder", "fab": "fabrik", "vertr": "vertriebs",
    "ges": "gesellschaft", "betr": "betriebs", "ets": "etablissements", "ste": "societe", "fils": "fils",
    "mt": "mount", "ft": "fort", "amer": "american", "us": "usa", "uk": "uk",
}  # fmt: skip

STREET_WORDS = {
    "st": "street", "str": "strasse", "straße": "strasse", "rd": "road", "ave": "avenue", "av": "avenue",
    "aven": "avenue", "blvd": "boulevard", "bd": "boulevard", "bvd": "boulevard", "dr": "drive", "drv": "drive",
    "ln": "lane", "ct": "court", "crt": "court", "pl": "place", "plz": "platz", "sq": "square",
    "ter": "terrace", "terr": "terrace", "tce": "terrace", "trl": "trail", "hwy": "highway",
    "pkwy": "parkway", "pky": "parkway", "cir": "circle", "circ": "circuit", "cct": "circuit",
    "cres": "crescent", "cr": "crescent", "xing": "crossing", "mt": "mount", "mtn": "mountain",
    "hts": "heights", "ste": "suite", "apt": "apartment", "fl": "floor", "flr": "floor", "bldg": "building",
    "n": "north", "s": "south", "e": "east", "w": "west", "ne": "northeast", "nw": "northwest",
    "se": "southeast", "sw": "southwest", "rte": "route", "rt": "route", "pt": "point", "ctr": "center",
    "centre": "center", "cl": "close", "gdns": "gardens", "grn": "green", "pde": "parade", "vw": "view",
    "vlg": "village", "jct": "junction", "est": "estate", "ests": "estates", "r": "rue", "allée": "allee",
    "all": "allee", "pza": "piazza", "pzza": "piazza", "c": "calle", "cl.": "calle", "avda": "avenida",
    "avd": "avenida", "ul": "ulica",
}  # fmt: skip

# Endings that German and Dutch street names join to the name.
STREET_ENDINGS = {"str": "strasse", "straat": "straat", "pl": "platz"}

CITY_WORDS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "n": "north", "s": "south"}

# Each line: a given name and the short or other forms that people use for it.
_NICKNAMES = """
abigail abby gail
albert al bert bertie
alexander alex alec sandy sasha xander
alexandra alex sandra sasha lexi
alfred alf fred alfie
amanda mandy
andrew andy drew
anthony tony
antonio tony toni
arthur art artie
barbara barb babs barbie
benjamin ben benny benji
bernard bernie
bradley brad
caroline carol carrie caro
catherine cathy kate katie katherine kathy kathryn kit katy cat cate
charles charlie chuck chas
charlotte charlie lottie
christina chris tina chrissie christine
christopher chris kit topher
daniel dan danny
david dave davy
deborah deb debbie debra
dennis denny
donald don donnie
dorothy dot dottie dolly
douglas doug
edward ed eddie ted teddy ned
eleanor ellie nell nora
elizabeth liz beth betty lizzie eliza bess elsie libby betsy
emily em emmy
eugene gene
florence flo flossie
frances fran fanny francie
francis frank frankie
franklin frank
frederick fred freddie freddy
gabriel gabe
geoffrey geoff jeff
george georgie
gerald gerry jerry
gregory greg
harold harry hal
helen nell nellie
henry harry hank hal
isabella bella isabel izzy
jacob jake
jacqueline jackie
james jim jimmy jamie jas
janet jan
jeffrey jeff
jennifer jen jenny
jessica jess jessie
john jack johnny jno
jonathan jon jonny
joseph joe joey jos
josephine jo josie
joshua josh
judith judy
kenneth ken kenny
kimberly kim
lawrence larry laurie
leonard len lenny leo
leslie les
louis lou louie
louise lou
lucille lucy
madeline maddie
margaret maggie meg peggy marge madge margie greta
martha patty mattie
martin marty
mary molly polly mamie
matthew matt
maximilian max
michael mike mick micky mikey
mildred millie
mitchell mitch
nancy nan
nathaniel nate nat nathan
nicholas nick nicky
nicole nicky nikki
oliver ollie
pamela pam
patricia pat patty tricia trish
patrick pat paddy
peter pete
philip phil pip
phillip phil pip
raymond ray
rebecca becky becca
richard dick rick ricky rich richie
robert bob bobby rob robbie bert robt
roberta bobbie
ronald ron ronnie
samantha sam
samuel sam sammy saml
sarah sally sadie
stephen steve stevie steven
steven steve stevie
stuart stu
susan sue suzie susie
teresa terry tess theresa
theodore ted teddy theo
thomas tom tommy thos
timothy tim timmy
victoria vicky tori
vincent vince vinny
virginia ginny
walter walt wally
wilhelm willi willy
william bill billy will willie wm liam
zachary zach zack
"""

NICKNAMES: dict[str, str] = {}
for _line in _NICKNAMES.split("\n"):
    for _form in _line.split()[1:]:
        NICKNAMES.setdefault(_form, _line.split()[0])

TITLES = _words(
    """
    mr mrs ms miss dr prof sir dame lady lord rev hon herr frau mme mlle sr sra jr ii iii iv
    """
)

_COUNTRY_NAMES = """
us usa united states|united states of america|america|u s
gb uk united kingdom|great britain|england|scotland|wales
de deu germany|deutschland
fr fra france
it ita italy|italia
es esp spain|espana
nl nld netherlands|nederland|holland|the netherlands
be bel belgium|belgie|belgique
ch che switzerland|schweiz|suisse
at aut austria|osterreich
pl pol poland|polska
se swe sweden|sverige
no nor norway|norge
dk dnk denmark|danmark
fi fin finland|suomi
ie irl ireland
pt prt portugal
cz cze czech republic|czechia
sk svk slovakia
hu hun hungary|magyarorszag
ro rou romania
gr grc greece
tr tur turkey|turkiye
ru rus russia|russian federation
ua ukr ukraine
ca can canada
mx mex mexico
br bra brazil|brasil
ar arg argentina
au aus australia
nz nzl new zealand
jp jpn japan
cn chn china
kr kor south korea|korea|republic of korea
in ind india
sg sgp singapore
za zaf south africa
ae are united arab emirates
il isr israel
"""

COUNTRIES: dict[str, str] = {}
for _line in _COUNTRY_NAMES.strip().split("\n"):
    _iso, _alpha3, _names = (_line.split(" ", 2) + [""])[:3]
    COUNTRIES |= {name: _iso for name in [_iso, _alpha3, *_names.split("|")] if name}
