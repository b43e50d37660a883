"""The commonest small words of languages: what tells languages apart, and what no phrase is made of.

Written for this project; a language needs some forty words to be told from its neighbours.
"""

_WORDS = {
    "en": (
        "a about after all also an and any are as at be because been before being but by can "
        "could did do does down each for from had has have he her here him his how i if in into "
        "is it its just me more most my no nor not now of off on only or other our out over she "
        "should so some such than that the their them then there these they this those through to "
        "too under until up upon very was we were what when where which while who whom whose why "
        "will with would you your yours again both few may might must same own us let it's don't"
    ),
    "es": (
        "a al algo como con cuando de del desde donde dos el ella ellos en entre era es esta "
        "estas este esto está están fue ha han hasta hay la las le les lo los mi muy más me ni no "
        "nos o para pero por porque que qué se ser si sin sobre son su sus también tan te tiene "
        "todo todos un una uno unos y ya yo cada puede"
    ),
    "fr": (
        "à au aux avec ce ces cette comme dans de des du elle elles en entre est et été être eux "
        "fait il ils je la le les leur leurs lui mais me même mes moi mon ne nos notre nous on ou "
        "où par pas plus pour qu que qui sa sans se ses si son sont sur ta te tout très tu un une "
        "vos votre vous y ont aussi peut cela était"
    ),
    "de": (
        "aber alle als also am an auch auf aus bei bin bis das dass dem den der des die dies "
        "diese dieser doch du durch ein eine einem einen einer eines er es für hat haben hier ich "
        "ihr im in ist ja jede kann kein keine man mehr mit nach nicht noch nur oder ohne schon "
        "sehr sein sich sie sind so über um und uns unter vom von vor war was wenn werden wie wir "
        "wird wurde zu zum zur zwischen"
    ),
    "it": (
        "a ad al alla alle anche ancora che chi ci come con cosa da dal dalla dei del della delle "
        "di dove e è ed era essere fra gli ha hanno ho i il in io la le lei li lo loro lui ma mi "
        "molto ne nel nella nelle no noi non o ogni per perché più può quando questa questo se "
        "senza si sia sono su sua sul sulla suo tra tutti un una uno voi"
    ),
    "pt": (
        "a ao aos as até com como da das de dela dele do dos e é ela elas ele eles em entre era "
        "essa esse esta está este eu foi foram há isso já mais mas me mesmo meu muito na nas não "
        "nem no nos nós o os ou para pela pelo por porque qual quando que quem são se sem ser seu "
        "sua também te tem um uma você cada pode"
    ),
    "nl": (
        "aan al alle als bij dan dat de der deze die dit door een en er had heb heeft het hij hoe "
        "hun ik in is je kan maar meer men met mij mijn naar niet nog nu of om onder ons ook op "
        "over te tot tussen u uit van veel voor was wat we wel werd wie wij worden wordt zal ze "
        "zich zij zijn zo zonder zou"
    ),
    "pl": (
        "a aby ale bardzo być był była było by bez co czy dla do gdy go i ich ja jak jako je jego "
        "jej jest jeszcze już kiedy która które który lub ma może można na nad nie niż o od ona "
        "one oni oraz po pod przed przez przy są się ta tak także tego tej ten to tu tylko tym w "
        "we wszystko z za ze że"
    ),
    "tr": (
        "ama ancak arasında bana bazı ben bir biz bu bunu çok çünkü da daha de değil diye en gibi "
        "göre hem her için ile ise kadar ki kendi mi mu mı nasıl ne neden olan olarak oldu olduğu "
        "onu o sadece sen siz sonra şey şu tüm var ve veya ya yok zaman"
    ),
    "sv": (
        "alla att av bara blev bli de den denna det dig din där då efter ej eller en ett för från "
        "har hade han hon hur här i icke in inte jag kan kommer man med men mig min mycket när nu "
        "och om oss på sig sin ska som så till upp ut var vi vid är över"
    ),
    "da": (
        "af alle at blev bliver da de den der deres det dig din disse dog du efter eller en end "
        "er et for fra ham han har havde hende her hvad hvis hvor i ikke ind jeg kan man mange "
        "med meget men mig min mod når nu og også om op os over på sig skal som til ud var ved vi "
        "vil være"
    ),
    "no": (
        "alle at av bare ble bli da de den denne der dere det dette du eller en er et etter for "
        "fra før gjorde ha hadde han har hun hva hvem hvor hvordan i ikke inn jeg kan kom kunne "
        "man med meg men mer mot når nå og også om opp oss på seg selv skal som så til ut var ved "
        "vi vil være"
    ),
    "fi": (
        "ei eivät en että he hän ja jo joka jos jotka kuin kun koska me mikä minä mitä mukaan "
        "mutta myös ne niin nyt ole oli olla olen on ovat se sekä sen siellä sitä tai tämä tämän "
        "vain voi vaan hyvin kuitenkin"
    ),
    "cs": (
        "a aby ale ani až být byl byla bylo co další do jak jako je jeho její jejich jen ještě "
        "již jsem jsou k kde když která které který ma má může na nad ne nebo není o od pak po "
        "pod podle pro protože před při se si s tak také tento to v ve však z za ze že"
    ),
    "ro": (
        "a al ale au ca care ce cel cu că da de din dar despre după ea ei el este eu fi fost și "
        "în într la le lui mai mult nu o oră pe pentru prin sa sau se sunt să un una unei unui un "
        "fără această acest între"
    ),
    "hu": (
        "a az és egy hogy nem is de meg van volt csak már mint ez azt ezt ki el még vagy lehet "
        "minden kell ha akkor után között szerint amely ami aki nagyon itt ott mert lesz pedig "
        "így"
    ),
    "id": (
        "ada adalah akan atau bagi bahwa banyak bisa dalam dan dari dapat dengan di ia ini itu "
        "juga kami karena ke kepada kita lebih mereka oleh pada para saat saya sebagai secara "
        "sudah tidak untuk yang telah"
    ),
    "vi": (
        "các của cho có được là không một này những người như trong và với khi đã để tôi từ về ra "
        "cũng nhiều vào theo thì sẽ đến bị"
    ),
    "ru": (
        "а без более бы был была были было быть в вам вас во вот все всё вы где да для до его ее "
        "её если есть еще же за и из или им их к как ко когда кто ли мне мы на над не него нет но "
        "о об он она они от по под при с со так также там то того только у уже чем что это этого "
        "эти этот я"
    ),
    "uk": (
        "а або але б без був була було бути в ви від він вона вони все де для до є з за зі і із й "
        "його її їх як коли ми на не ні що о під по при про та так також те ти то тому у це ця "
        "цей цього чи ще я які який"
    ),
    "bg": (
        "а без беше би в във все да до е за и из или има как като когато който която които към ли "
        "може на най не него нея но от по при са само се си след с със съм така тази този това "
        "той тя че ще"
    ),
    "ar": (
        "أن أو إلى إن التي الذي الى ان او بعد بين ثم حتى عن على عند في قد كان كانت كل كما لا لم "
        "لن له ما مع من منذ هذا هذه هو هي و ولا ومن وفي ذلك بها به"
    ),
    "fa": ("از است این آن با برای بر به تا در را که می شد شده شود های هم و یا یک بود کرد هر خود ما نیز"),
    "he": ("של את על לא זה הוא היא עם כי אם גם או אל אני יש כל מה אשר היה הם אבל רק יותר זאת בין"),
    "hi": ("और का की के को है हैं में से पर यह वह ने कि जो भी नहीं तो एक ही था थी थे इस उस लिए कर या अपने होता हो गया"),
    "el": (
        "και το να του η της με που την από για τα είναι των σε ο οι στο θα τη στην τον τους δεν "
        "τις ένα μια στη ότι αλλά ως ή"
    ),
    "ja": (
        "の に は を た が で て と し れ さ あ い う え お か き く け こ す せ そ "
        "ち つ な ぬ ね は ひ へ ま み む め も や ゆ よ ら り る ろ わ ん "
        "だ っ ょ ゃ ゅ ど じ げ ば び ぶ べ ぼ ず ぎ ご ざ"
    ),
    "zh": (
        "的 了 是 在 和 有 我 他 她 它 不 这 那 也 就 都 而 及 与 着 或 一 个 们 为 以 之 于 其 對 这 這 個 們 為 與 很"
    ),
    "ko": ("이 그 저 것 수 등 및 또는 그리고 하지만 있다 있는 하는 한 할 된 의 를 을 에 는 은"),
}

_WEAK = {
    "en": (
        "able across add added again ago almost already always another around away back become becomes began begin "
        "below best better call called came change come comes day days done either else end enough even ever every "
        "first five found four gave get gets give given gives go goes going good got half happen happens hundred "
        "instead keep keeps kept kind know known last later least left less like little long look made make makes "
        "making many matter matters million minute minutes much need needs never new next nobody nothing number "
        "often old once one part per put rather read right said same say says second seconds see seen send sends "
        "set show shows since something still take taken takes tell ten thing things third thousand three time "
        "times today together told took tries try twice two use used uses using want wants way well went within "
        "without word work works year years yet fell fails fail failed ends means mean sent"
    ),
    "de": (
        "etwa ganz gar gibt gut immer jeder jedes jetzt machen macht mal muss müssen neu neue neuen seit soll "
        "sollen viel viele wieder wohl zwei drei erst erste ersten etwas bleibt geht kommt lassen lässt weiter "
        "gegen deshalb"
    ),
    "fr": (
        "alors après avant bien chaque depuis deux doit donc encore faire faut jamais moins nouveau nouvelle peu "
        "peuvent quand rien sous toujours tous toute toutes trois vers voir"
    ),
    "es": (
        "ahora antes así aunque bien cada después dice dos entonces gran hace hacer luego menos mientras mismo "
        "mucho muchos nada nuevo nueva nunca otra otro poco primera primero pueden siempre tres vez"
    ),
    "it": (
        "ancora bene deve dopo due fa fare molti molto nuovo ora poi prima primo qui sempre solo tanto tre volta volte"
    ),
    "pt": (
        "agora ainda antes bem cada depois dois duas fazer fim nova novo nunca outra outro pode sempre três vez vezes"
    ),
    "nl": ("altijd beide daar doen drie eerst eerste elke gaat geen goed komt maakt moet nieuwe twee weer zeer"),
}
WEAK_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WEAK.items()}
"""Words too common to be a subject: a phrase neither begins nor ends with one."""

FUNCTION_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WORDS.items()}
"""Language code to its small words."""
