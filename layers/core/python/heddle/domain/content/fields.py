"""Fields of knowledge by their words: what category a concept has, and what a reader should know already."""

FIELDS: dict[str, tuple[str, frozenset[str]]] = {
    name: (category, frozenset(words.split()))
    for name, (category, words) in {
        "programming": (
            "Technical",
            "api algorithm array bug class code compiler database debug function interface java javascript library "
            "loop module object parameter program programming python recursion server software sql string thread "
            "variable framework deployment repository",
        ),
        "cloud and networks": (
            "Technical",
            "aws bandwidth cache cloud cluster container dns docker encryption firewall kubernetes lambda latency "
            "network protocol proxy queue router serverless tcp tls http websocket throughput",
        ),
        "machine learning": (
            "Technical",
            "classifier embedding embeddings gradient inference learning model models neural overfitting prompt token "
            "training transformer vector vectors dataset regression",
        ),
        "mathematics": (
            "Scientific",
            "algebra calculus derivative equation geometry integral matrix polynomial proof theorem topology lemma "
            "probability function axiom",
        ),
        "statistics": (
            "Scientific",
            "average correlation deviation distribution hypothesis mean median percentile probability regression "
            "sample significance statistics variance",
        ),
        "physics": (
            "Scientific",
            "acceleration atom electron energy force friction gravity light magnetic mass momentum particle photon "
            "quantum relativity velocity wavelength",
        ),
        "chemistry": (
            "Scientific",
            "acid atom base bond carbon catalyst compound hydrogen ion molecule oxidation oxygen reaction solvent",
        ),
        "biology": (
            "Scientific",
            "bacteria cell chlorophyll dna ecosystem enzyme evolution gene genome organism photosynthesis plant "
            "protein species virus",
        ),
        "medicine": (
            "Scientific",
            "blood clinical diagnosis disease dose drug infection patient patients symptom therapy treatment vaccine",
        ),
        "business": (
            "Business",
            "brand budget company contract customer customers invoice market marketing price product profit "
            "revenue sales shareholder startup strategy supplier",
        ),
        "finance": (
            "Business",
            "asset bank bond capital credit currency debt dividend equity inflation interest investment loan stock tax",
        ),
        "law": (
            "Domain",
            "attorney clause contract court defendant judge jurisdiction law lawsuit legal liability plaintiff statute",
        ),
        "education": (
            "Educational",
            "assessment classroom course curriculum exam exercise homework lecture lesson pupil school student "
            "students teacher teaching university",
        ),
    }.items()
}
"""Name of a field to its category and its words."""

_FIELD_OF = {word: name for name, (_, words) in FIELDS.items() for word in words}


def category_of(gram: str) -> str:
    """Return Technical, Business, Scientific, Educational, Domain or General."""
    for word in gram.split(" "):
        if word in _FIELD_OF:
            return FIELDS[_FIELD_OF[word]][0]
    return "General"


def prerequisites_of(words: set[str]) -> list[str]:
    """Return the fields of which at least two words appear, the best represented first."""
    counts = {name: len(words & vocabulary) for name, (_, vocabulary) in FIELDS.items()}
    return sorted((name for name, count in counts.items() if count >= 2), key=lambda name: (-counts[name], name))
