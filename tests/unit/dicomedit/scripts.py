"""Scripts by chance, from the pieces of both languages, for tests with hypothesis."""

from hypothesis import strategies as st

from dxclient.dicomedit.functions import known_functions

TAGS = st.sampled_from(
    [
        "(0010,0010)",
        "(0010,0020)",
        "(0008,0018)",
        "(0008,0020)",
        "(0008,002A)",
        "(0020,000D)",
        "(0028,0010)",
        "(0040,0275)",
        "(0008,1140)",
        "(0002,0010)",
        "(0002,0003)",
        "(7FE0,0010)",
        "(60X@,3000)",
        "(0010,XXXX)",
        "(XXX@,XXXX)",
        "(0009,{ACME}01)",
        "(0009,{ACME}XX)",
        "(0029,{ACME}0#)",
        "(00X9,{A.B_C-1}@0)",
        "(0012,0063)",
        "(FFFC,FFFC)",
        "(0008,0005)",
        "(0028,0106)",
        "(0018,1310)",
    ]
)
ITEMS = st.sampled_from(["", "", "[0]", "[1]", "[%]", "[ 0 ]", "[12]"])
PARTS = st.builds(str.__add__, TAGS, ITEMS) | st.sampled_from(["*", "+", "."])
PATHS = TAGS | st.lists(PARTS, min_size=1, max_size=3).map("/".join)
TEXTS = st.sampled_from(
    [
        '""',
        '"Doe^Jane"',
        '"20200101"',
        '"1.2.840"',
        '"(a|aa)+$"',
        f'"{"(?:a|a)" * 35}b"',
        f'"{"a" * 40}"',
        '"("',
        '".*"',
        '"\\\\"',
        '"{0}-{1}"',
        '"-5"',
        '"days"',
        '"YEARS"',
        '"true"',
        '"99999"',
        '"(0010,0010)"',
        '"*/(0008,0018)"',
        '"rectangle"',
        '"solid"',
        '"l=0,t=0,r=5,b=5"',
        '"v=0"',
        '"é ß 漢"',
    ]
)
NAMES = st.sampled_from(["subject", "project", "t", "u", "a1"])
NUMBERS = st.sampled_from(["0", "1", "5", "-3", "2.50", "99999999999"])
SIMPLE = TEXTS | NAMES | NUMBERS | PATHS
KNOWN = known_functions()
NAMED = st.sampled_from([*KNOWN, *KNOWN, "nosuch"])


@st.composite
def calls(draw, values, names=NAMED):
    """A function, most often with as many arguments as it takes."""
    name = draw(names)
    known = KNOWN.get(name)
    least, most = (known.minimum, known.maximum) if known is not None else (0, None)
    if draw(st.integers(0, 30)) == 0:
        least, most = 0, 4
    most = least + 2 if most is None else most
    arguments = draw(st.lists(values, min_size=least, max_size=most))
    return f"{name}[{', '.join(arguments)}]"


#: Functions that make something, for places where a value is needed.
MAKING = st.sampled_from([name for name, known in KNOWN.items() if not known.void])


def _compound(values):
    lists = st.lists(values, max_size=3).map(", ".join).map("{{{}}}".format)
    return calls(values, MAKING) | lists


VALUES = st.recursive(SIMPLE, _compound, max_leaves=6)
CALLS = calls(VALUES)
ACTIONS = (
    st.builds("{} {} {}".format, PATHS, st.sampled_from([":=", "?="]), VALUES)
    | st.builds("{} := {}".format, NAMES, VALUES)
    | PATHS.map("-{}".format)
    | CALLS
    | VALUES.map("echo {}".format)
)
OPERATORS = st.sampled_from(["=", "!=", "~", "!~"])
CONDITIONS = st.builds("{} {} {}".format, VALUES, OPERATORS, VALUES) | CALLS


def _blocks(statements):
    body = st.lists(statements, max_size=3).map("\n".join)
    block = st.builds("if ({}) {{\n{}\n}}".format, CONDITIONS, body)
    return (
        block
        | st.builds("{}\nelseif ({}) {{ {} }}".format, block, CONDITIONS, body)
        | st.builds("{} else {{\n{}\n}}".format, block, body)
    )


STATEMENTS = st.recursive(
    ACTIONS
    | st.builds("{} ? {}".format, CONDITIONS, ACTIONS)
    | st.builds("{} ? {} : {}".format, CONDITIONS, ACTIONS, ACTIONS)
    | st.sampled_from(
        [
            "removeAllPrivateTags",
            'describe subject "who"',
            "describe t hidden",
            'export t "x"',
            "// remark",
            'version "6.2"',
        ]
    ),
    _blocks,
    max_leaves=4,
)
SIX = st.lists(STATEMENTS, max_size=6).map(lambda lines: "\n".join(['version "6.6"', *lines]))

FOUR_TAGS = st.sampled_from(
    ["(0010,0010)", "(0008,0018)", "(60XX,3000)", "(XXX#,XXXX)", "(0040,0275)"]
)
FOUR_CALLS = st.sampled_from(
    [
        "substring[{0}, 0, 2]",
        "format[{0}, {1}]",
        "lowercase[{0}]",
        "uppercase[{0}]",
        "replace[{0}, {1}, {2}]",
        "match[{0}, {1}, 0]",
        "urlEncode[{0}]",
        "hashUID[{0}]",
        "nosuch[{0}]",
        "hashUID[]",
    ]
)
FOUR_TERMS = st.recursive(
    TEXTS | NAMES | FOUR_TAGS,
    lambda terms: st.builds(str.format, FOUR_CALLS, terms, terms, terms),
    max_leaves=4,
)
FOUR_ACTIONS = (
    st.builds("{} := {}".format, FOUR_TAGS, FOUR_TERMS)
    | st.just("(0008,0018) := new UID")
    | FOUR_TAGS.map("-{}".format)
)
FOUR_LINES = FOUR_ACTIONS | st.builds("{} := {}".format, NAMES, FOUR_TERMS)
FOUR_LINES |= st.builds("describe {} hidden".format, NAMES) | st.builds(
    "{} {} {} : {}".format, FOUR_TERMS, st.sampled_from("=~"), FOUR_TERMS, FOUR_ACTIONS
)
FOUR = st.lists(FOUR_LINES, max_size=6).map("\n".join)

NOISE = st.sampled_from(
    ['"', "{", "}", "[", "]", "(", ")", "\\", "//", ":", "?", "\n", "'", "“", "x"]
)


@st.composite
def mutated(draw, texts):
    """A text with a few pieces taken out, put in or doubled."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, min(len(text), begin + 12)))
        text = text[:begin] + draw(NOISE | st.just(text[begin:end] * 2) | st.just("")) + text[end:]
    return text
