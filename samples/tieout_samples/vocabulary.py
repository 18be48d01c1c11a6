"""The words that companies and streets use, and how they are shortened."""

from __future__ import annotations

_LANGUAGES = ("en", "de", "fr", "it", "es", "nl", "sv", "pl")
#: Industry, its code in ERP systems, then two words for each language that companies put in their names.
_INDUSTRIES = """
Manufacturing|MANU|Manufacturing/Industries Maschinenbau/Werkzeugbau Mécanique/Industrie Meccanica/Officine
 Industrias/Mecánica Machinebouw/Techniek Mekanik/Industri Maszyny/Przemysł
Transportation|TRAN|Logistics/Freight Logistik/Spedition Logistique/Transports Logistica/Trasporti
 Logística/Transportes Logistiek/Transport Logistik/Åkeri Logistyka/Transport
Food & Beverage|FOOD|Foods/Bakery Lebensmittel/Bäckerei Alimentation/Boulangerie Alimentari/Dolciaria
 Alimentación/Conservas Voeding/Bakkerij Livsmedel/Bageri Spożywcze/Piekarnia
Construction|CONS|Construction/Builders Hochbau/Bauunternehmung Construction/Bâtiment Costruzioni/Edilizia
 Construcciones/Obras Bouw/Bouwbedrijf Bygg/Entreprenad Budownictwo/Budowa
Technology|TECH|Software/Systems Software/Systeme Logiciels/Systèmes Informatica/Sistemi
 Informática/Sistemas Software/Systemen Data/System Informatyka/Systemy
Healthcare|HLTH|Medical/Health Medizintechnik/Gesundheit Médical/Santé Medicale/Salute
 Médica/Salud Medisch/Zorg Medicin/Vård Medyczna/Zdrowie
Chemicals|CHEM|Chemicals/Coatings Chemie/Lacke Chimie/Peintures Chimica/Vernici
 Química/Pinturas Chemie/Coatings Kemi/Färg Chemia/Farby
Retail|RETL|Stores/Trading Handel/Großhandel Distribution/Négoce Commercio/Distribuzione
 Comercial/Distribuciones Handel/Groothandel Handel/Grossist Handel/Hurt
Energy|ENER|Energy/Power Energie/Elektro Énergie/Électricité Energia/Elettrica
 Energía/Eléctrica Energie/Elektro Energi/El Energia/Elektro
Consulting|CNSL|Consulting/Advisors Beratung/Consulting Conseil/Consultants Consulenza/Advisory
 Consultores/Asesores Advies/Consultancy Konsult/Rådgivning Doradztwo/Konsulting
Agriculture|AGRI|Farms/Seeds Agrar/Saatgut Agricole/Semences Agricola/Sementi
 Agrícola/Semillas Agro/Zaden Lantbruk/Utsäde Rolnictwo/Nasiona
Hospitality|HOSP|Hotels/Catering Hotels/Gastronomie Hôtels/Traiteur Alberghi/Ristorazione
 Hoteles/Hostelería Hotels/Horeca Hotell/Krog Hotele/Gastronomia
Furniture|FURN|Furniture/Interiors Möbel/Innenausbau Meubles/Agencement Mobili/Arredamenti
 Muebles/Interiores Meubelen/Interieur Möbler/Inredning Meble/Wnętrza
Electronics|ELEC|Electronics/Controls Elektronik/Messtechnik Électronique/Automatismes Elettronica/Automazione
 Electrónica/Automatización Elektronica/Besturing Elektronik/Automation Elektronika/Automatyka
Packaging|PACK|Packaging/Plastics Verpackung/Kunststoff Emballages/Plastiques Imballaggi/Plastica
 Envases/Plásticos Verpakking/Kunststof Förpackning/Plast Opakowania/Tworzywa
Textiles|TEXT|Textiles/Apparel Textil/Bekleidung Textiles/Confection Tessuti/Abbigliamento
 Textiles/Confección Textiel/Kleding Textil/Kläder Tekstylia/Odzież
"""


def _industry(line: str) -> tuple[str, str, dict[str, tuple[str, str]]]:
    name, code, words = line.split("|")
    pairs = (pair.split("/") for pair in words.split())
    return name, code, {key: (one, two) for key, (one, two) in zip(_LANGUAGES, pairs, strict=True)}


#: Industry, its code in ERP systems, and two words per language.
INDUSTRIES = tuple(_industry(line) for line in _INDUSTRIES.replace("\n ", " ").strip().splitlines())

AND = {"en": "and", "de": "und", "fr": "et", "it": "e", "es": "y", "nl": "en", "sv": "och", "pl": "i"}

#: What people shorten in names and streets, longest first; either side may be the one written.
NAME_SHORT = (
    ("Manufacturing", "Mfg"),
    ("International", "Intl"),
    ("Construction", "Constr."),
    ("Technologies", "Tech"),
    ("Industries", "Ind."),
    ("Consulting", "Consult."),
    ("Electronics", "Electr."),
    ("Maschinenbau", "Masch.bau"),
    ("Verpackung", "Verp."),
    ("Bauunternehmung", "Bauuntern."),
    ("Elektronik", "Elektr."),
    ("Services", "Svcs"),
    ("Distribution", "Distr."),
    ("Costruzioni", "Costr."),
    ("Transportes", "Transp."),
    ("Transports", "Transp."),
    ("Group", "Grp"),
    ("Gesundheit", "Gesundh."),
    ("Packaging", "Pkg"),
    ("Furniture", "Furn."),
)
STREET_SHORT = (
    ("Street", "St"),
    ("Avenue", "Ave"),
    ("Road", "Rd"),
    ("Boulevard", "Blvd"),
    ("Drive", "Dr"),
    ("Lane", "Ln"),
    ("Square", "Sq"),
    ("Court", "Ct"),
    ("Parkway", "Pkwy"),
    ("straße", "str."),
    ("Straße", "Str."),
    ("platz", "pl."),
    ("boulevard", "bd"),
    ("avenue", "av."),
    ("Piazza", "P.za"),
    ("Viale", "V.le"),
    ("Calle", "C/"),
    ("Avenida", "Avda."),
    ("straat", "str."),
    ("gatan", "g."),
    ("vägen", "v."),
)
