"""Words that stand for one another, by our own hand: the usual form first, in the same inflection throughout."""

from __future__ import annotations

SYNONYMS = """
big large huge sizeable|bigger larger|biggest largest|small little tiny|smaller littler|begin start commence
begins starts commences|beginning starting commencing|began started commenced|end finish|ends finishes
help aid assist|helps aids assists|helping aiding assisting|use utilize employ|uses utilizes employs
used utilized employed|using utilizing employing|show demonstrate illustrate exhibit
shows demonstrates illustrates exhibits|showed demonstrated illustrated exhibited
shown demonstrated illustrated exhibited|showing demonstrating illustrating exhibiting|find locate discover
found located discovered|finding locating discovering|get obtain acquire receive|gets obtains acquires receives
got obtained acquired received|getting obtaining acquiring receiving|make create produce construct
makes creates produces constructs|made created produced constructed|making creating producing constructing
need require|needs requires|needed required|needing requiring|choose select pick|chooses selects picks
chosen selected picked|choosing selecting picking|think believe suppose reckon|thinks believes supposes
thought believed supposed|buy purchase|buys purchases|bought purchased|buying purchasing|calculate compute
calculates computes|calculated computed|calculating computing|calculation computation|calculations computations
determine ascertain|determined ascertained|determining ascertaining|check verify confirm
checks verifies confirms|checked verified confirmed|checking verifying confirming|solve resolve|solved resolved
solving resolving|give provide supply|gives provides supplies|given provided supplied|giving providing supplying
change alter modify|changes alters modifies|changed altered modified|changing altering modifying
keep retain maintain|keeps retains maintains|kept retained maintained|keeping retaining maintaining|ask inquire
asks inquires|asked inquired|asking inquiring|say state remark|says states remarks|said stated remarked
tell inform|tells informs|told informed|try attempt|tries attempts|tried attempted|trying attempting
look appear seem|looks appears seems|allow permit enable let|allows permits enables lets
allowed permitted enabled|stop cease halt|stops ceases halts|stopped ceased halted|build construct
increase grow rise|increases grows rises|increased grew rose|decrease reduce lessen|decreases reduces lessens
decreased reduced lessened|include contain|includes contains|included contained|including containing
consider regard contemplate|considers regards|considered regarded|explain clarify|explains clarifies
explained clarified|understand comprehend grasp|understands comprehends grasps|describe depict|describes depicts
described depicted|happen occur|happens occurs|happened occurred|happening occurring|combine merge
combines merges|combined merged|remove eliminate delete|removes eliminates deletes|removed eliminated deleted
removing eliminating deleting|improve enhance|improves enhances|improved enhanced|improving enhancing
follow obey|gather collect|gathered collected|speak talk|speaking talking|want wish desire|wants wishes desires
wanted wished desired|simplify reduce|simplifies reduces|substitute replace|substituting replacing
rewrite rephrase|suggest propose|suggests proposes|suggested proposed|indicate signal|indicates signals
imply entail|implies entails|notice observe perceive|noticed observed perceived|recall remember
recalls remembers|mean signify|means signifies|fast quick rapid swift|faster quicker|quickly rapidly swiftly
slowly gradually|important crucial essential vital|main primary principal chief|difficult hard tough challenging
easy simple straightforward|easier simpler|easily simply readily|correct right accurate
correctly rightly accurately|incorrect wrong inaccurate|whole entire complete|wholly entirely completely
enough sufficient adequate|different distinct|similar alike comparable|same identical
clear obvious evident apparent|clearly obviously evidently apparently|likely probable|probably likely presumably
maybe perhaps possibly|strange odd peculiar weird|good great fine|better superior|bad poor terrible
beautiful lovely pretty|happy glad joyful|sad unhappy sorrowful|angry mad furious|smart clever intelligent
rich wealthy|often frequently|usually typically generally normally|sometimes occasionally|always invariably
about approximately roughly around|almost nearly virtually|very extremely highly quite|really truly genuinely
also additionally furthermore moreover|but however yet|though although|while whereas|because since as
so thus therefore hence consequently|if whether|first firstly initially|finally lastly ultimately
next then afterwards|now currently presently|before prior|after following|again anew|together jointly
only merely solely just|exactly precisely|actually indeed|especially particularly notably|instead rather
still nevertheless nonetheless|answer response reply|answers responses replies|result outcome|results outcomes
problem issue|problems issues|question query|questions queries|part portion section|parts portions sections
step stage phase|steps stages phases|way method manner approach|ways methods manners approaches
idea notion concept|ideas notions concepts|goal aim objective|goals aims objectives|reason cause|reasons causes
amount quantity|amounts quantities|number figure|number count|value figure|example instance|examples instances
kind type sort|kinds types sorts|job task|jobs tasks|mistake error|mistakes errors|benefit advantage
benefits advantages|drawback disadvantage|place location|places locations|people persons folks|child kid
children kids|home house|car automobile vehicle|shop store|money cash|pay salary|trip journey|choice option
choices options|many numerous several|more additional further|most majority|each every|all every|both two
another further|total sum|whole total|remaining leftover|equal equivalent|equals is|hours hrs|minutes mins
required necessary|needed necessary|possible feasible|overall altogether|beneath below under|above over
among amongst|between amid|within inside|toward towards|via through|upon on|like such|mainly mostly chiefly
simple plain|strong powerful robust|weak feeble|new novel|old ancient|safe secure|danger peril risk
risks dangers|evidence proof|statement claim assertion|claims assertions|argue contend|argues contends
assume presume suppose|assumes presumes|assuming presuming|assumption presumption|conclude infer deduce
concludes infers deduces|concluded inferred deduced|examine inspect|examining inspecting|analyze examine
estimate approximate|divide split|divided split|dividing splitting|multiply times|subtract deduct
subtracting deducting|add sum|adding summing|evaluate assess appraise|evaluated assessed|evaluating assessing
evaluation assessment|decide determine|decided determined|view opinion|relevant pertinent|initial original
final last|current present|user person|text passage|tone mood|imagery images|writing prose|piece work
strong vivid|lack absence|lacks misses|focus concentrate|focuses concentrates|avoid evade|avoiding evading
ensure guarantee|ensures guarantees|handle manage|handles manages|handling managing|support back|supports backs
prefer favor|prefers favors|library package|libraries packages|function routine|error fault|fast speedy
"""
SPELLINGS = """
color colour|colors colours|favor favour|favorite favourite|honor honour|labor labour|neighbor neighbour
behavior behaviour|behaviors behaviours|flavor flavour|humor humour|harbor harbour|center centre|centers centres
meter metre|meters metres|liter litre|liters litres|theater theatre|fiber fibre|defense defence|offense offence
license licence|practice practise|analyze analyse|analyzing analysing|analyzed analysed|organize organise
organized organised|organizing organising|organization organisation|realize realise|realized realised
recognize recognise|recognized recognised|summarize summarise|summarized summarised|summarizing summarising
emphasize emphasise|emphasizes emphasises|minimize minimise|minimizing minimising|maximize maximise
maximizing maximising|optimize optimise|optimized optimised|generalize generalise|specialized specialised
prioritize prioritise|utilize utilise|factorize factorise|normalize normalise|normalized normalised
traveled travelled|traveling travelling|traveler traveller|canceled cancelled|canceling cancelling
labeled labelled|labeling labelling|modeled modelled|modeling modelling|gray grey|catalog catalogue
dialog dialogue|program programme|check cheque|tire tyre|judgment judgement|aging ageing|toward towards
among amongst|while whilst|learned learnt|burned burnt|spelled spelt|dreamed dreamt|okay ok|yeah yes
alright allright|adviser advisor|gray grey|fulfill fulfil|enrollment enrolment|skillful skilful|plow plough
mom mum|math maths|afterward afterwards|backward backwards|forward forwards
"""
NUMERALS = "zero one two three four five six seven eight nine ten eleven twelve"
VERBS = "do does did is are was were have has had could would should must need"
PRONOUNS = "i you he she it we they that there what who let here"
# What a contraction's second half is in full.
FULL = "is are am will have would has had us"
NOT = "can not cannot and or"
OPENING = (
    "so then now thus therefore hence first second third next finally however also but and still instead here perhaps "
    "maybe again similarly overall additionally furthermore moreover actually alternatively otherwise meanwhile"
)
JOINING = "and but so yet or because which while although since whereas though"
INTERJECTIONS = (
    "hm hmm hmmm hmmmm mm mmm uh uhm um umm er ah aha oh ooh huh ugh eh whoa wow phew wait okay ok alright right "
    "well hold hey yes yeah no actually look see"
)


def table(sets: str) -> dict[str, tuple[int, int]]:
    """Word -> its set, and 0 for the usual form or 1 for any other. A word in several sets belongs to the first."""
    found: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(group for row in sets.strip().splitlines() for group in row.split("|")):
        for at, word in enumerate(line.split()):
            found.setdefault(word, (number, int(at > 0)))
    return found
