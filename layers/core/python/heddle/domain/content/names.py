"""Names that are known without reading: what capitalised words are people, places, organisations and technologies."""

_NAMES = {
    "first name": (
        "Ada Ahmed Aisha Akira Alan Albert Ali Alice Ana Anna Anne Barbara Bob Carlos Charles Charlie Claire "
        "Daniel David Diego Donald Elena Elizabeth Emma Fatima Francesca Frank George Giulia Grace Hans Henry Ines "
        "Ivan James Jan Jane Jean John Joseph José Juan Julia Karl Katherine Kenji Laura Linda Linus Lisa Luca "
        "Luis Magda Maria Marie Mark Marta Mary Mehmet Michael Mohammed Natalia Olga Omar Paul Pedro Peter Pierre "
        "Priya Rahul Raj Richard Robert Rosa Sarah Sofia Sophie Steve Susan Thomas Tim Tomasz Wei William Yuki"
    ),
    "title": (
        "Mr Mrs Ms Dr Prof Professor President Sir Lady Captain Herr Frau Madame Monsieur Señor Señora Signor Signora"
    ),
    "part of an organisation": (
        "Inc Corp Corporation Ltd LLC GmbH AG Company Bank University Universität Université Universidad Institute "
        "Foundation Ministry Agency Association Committee Council Group Laboratories Labs Union School Hospital"
    ),
    "organisation": (
        "Airbus Amazon Anthropic Apple BBC Bosch CERN Google IBM Intel Microsoft NASA Nokia OpenAI Samsung Siemens "
        "Sony Toyota UNESCO UNICEF Volkswagen"
    ),
    "place": (
        "Africa Algeria America Amsterdam Ankara Argentina Asia Athens Australia Austria Bangkok Barcelona Beijing "
        "Belgium Berlin Boston Brazil Brussels Budapest Bulgaria Cairo Canada Chicago Chile China Colombia "
        "Copenhagen Delhi Denmark Deutschland Dublin Egypt England España Europa Europe Finland France Geneva "
        "Germany Greece Hamburg Hanoi Helsinki Hungary India Indonesia Ireland Israel Istanbul Italia Italy "
        "Jakarta Japan Kenya Korea Kraków Kyiv Lagos Lisboa Lisbon London Madrid Mexico Milan Milano Morocco "
        "Moscow Mumbai Munich München Nairobi Netherlands Nigeria Norway Oslo Paris Peru Poland Portugal Prague "
        "Roma Rome Russia Scotland Seoul Shanghai Singapore Spain Stockholm Sweden Switzerland Sydney Tokyo "
        "Toronto Turkey Ukraine Vienna Vietnam Wales Warsaw Washington Wien Zurich Zürich"
    ),
    "technology": (
        "AWS Azure Bluetooth CSS Django Docker DynamoDB FastAPI GraphQL HTML HTTP Java JavaScript JSON Kafka "
        "Kubernetes Lambda Linux MongoDB MySQL Neptune PostgreSQL PyTorch Python React Redis REST Rust SQL "
        "TypeScript Unix WebAssembly WebSocket XML YAML"
    ),
}

NAMES: dict[str, frozenset[str]] = {kind: frozenset(names.split()) for kind, names in _NAMES.items()}
"""What a word may be a name of, to the words."""
