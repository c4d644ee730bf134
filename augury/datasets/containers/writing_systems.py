"""How likely a character is in a name that was written in some language: what a guess at an encoding weighs.

A rough model is enough where languages are told apart, and short names leave nothing better: a few frequent
characters, the rest of the common ones (for Chinese, Japanese and Korean the "first level" of the national
standards, which was chosen by frequency), and all others.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

RARE = math.log(1e-8)
_CAPITAL = -1.0  # what a capital letter weighs less than its small one
_RANK_OFFSET = 3
_DECORATED, _MIXED, _FOREIGN = -3.0, -1.5, -5.0
_CHINESE = (
    "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都"
    "然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理"
    "美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关"
    "并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反"
    "合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎"
    "元社术结六功指思非流每青管夫连远资队跟带花快条院变联权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚"
    "猫狗鸟鱼牛羊猪鸡虎兔草树叶苹果香蕉桃梨葡萄橘子番茄土豆测试训练验证图像照片数据集类别垃圾飞机汽船蝴蝶玫瑰菊郁金病健康良品不合格"
    "李刘陈杨黄赵吴孙朱胡郭罗颜卿"
)
_TRADITIONAL = (
    "的一是不了人我在有他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天而能好都"
    "然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意進把法此實回二理"
    "美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相次東政海口使教西再平真聽世氣信北少關"
    "並內加化由卻代軍產入先山五太水萬市眼體別處總才場師書比住員九笑性通目華報立馬命張活難神數件安表原車白應路期叫死常提感金何更反"
    "貓狗鳥魚牛羊豬雞虎兔草樹葉蘋果香蕉桃梨葡萄橘番茄測試訓練驗證圖像照片資料集類別垃圾飛機汽船蝴蝶玫瑰菊鬱健康功許紅綠藍黃臺灣"
)
_KANJI = (
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木"
    "聞食車何南万毎白天母火右読友左休父雨表裏犬猫鳥魚牛馬羊花草木葉海空星石田町村林森犬虫貝竹糸耳足手目口力正早文字青赤音画像写真"
    "写真学習検証訓練試験評価分類良品不良正常異常能登桜梅松菊猿熊虎兎鶏豚飛機自動船緑黒白黄色能予構機化部"
)
_HANGUL = (
    "이다는에의을가고하지사리기스자아도어나인로시한대은정수일해그상장제전주여서부만보동구들게과라안원모오소유성신세용공연무비진조생내"
    "개고양강아지새물토끼호랑말소돼닭오꽃나무잎사진이미지훈련검증시험데터정상불량빨강파랑노란색초록흰검은물고기차배비행기자동"
)
_WESTERN = "éèüöäßáíóúñçàãêâôåøæõëïîûìòùœÿ"
_CENTRAL = "áéíóűőöüłąężśćńčšřěžůýťďňăâîșțşţđĺŕôä"
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґўјљњћђџ"
_GREEK = "αοιετσνηυρπκμλςδγωθχάίόέήφβξζύώψ"
_TURKISH = "ışğüçöâîû"
_HEBREW = "יוהלאתרבשמנםעדחקכפגצטסזןךףץ"
_ARABIC = "الينمروتبةعدسفهكقحجشطصخأضذزغىءثظئؤآإپچژگی"
_THAI = "านรเกอิ่งยลมท้วตสดปีัะคพไหุ์ขบชจแื็โูถซำผใณธฟึศญฐษภ"


@dataclass(frozen=True)
class WritingSystem:
    """Shares of characters outside ASCII: frequent ones, by further tiers; what is in none of them is RARE."""

    frequent: Mapping[str, float]
    """Weights: logarithms of shares, in nats."""
    tiers: tuple[tuple[float, int], ...]
    """Share and number of the characters of each further tier."""
    tier_of: Callable[[str], int | None]
    after_own: float
    """Added where one such character follows another: seldom where they only decorate Latin words."""
    beside_latin: float
    """Added where one stands beside a letter of ASCII."""

    def weight(self, character: str) -> float:
        """The logarithm of its share, in nats."""
        known = self.frequent.get(character)
        if known is not None:
            return known
        tier = self.tier_of(character)
        return RARE if tier is None else math.log(self.tiers[tier][0] / self.tiers[tier][1])


def _ideographs(
    frequent: str, share: float, encoding: str, tiers: Mapping[tuple[int, int], tuple[float, int]]
) -> WritingSystem:
    """Frequent characters, and tiers by the range in which a character's first byte in a national standard lies."""

    @cache
    def tier_of(character: str) -> int | None:
        try:
            lead = character.encode(encoding)[0]
        except UnicodeEncodeError:
            return None
        return next((tier for tier, (first, last) in enumerate(tiers) if first <= lead <= last), None)

    weights = dict.fromkeys(frequent, math.log(share / len(set(frequent))))
    return WritingSystem(weights, tuple(tiers.values()), tier_of, 0.0, _MIXED)


def _alphabet(script: str, letters: str, share: float, after_own: float, beside_latin: float) -> WritingSystem:
    """The letters of an alphabet, most frequent first, which are that share of a name's characters."""

    @cache
    def tier_of(character: str) -> int | None:
        return 0 if unicodedata.name(character, "").startswith(script) and character.isalpha() else None

    whole = sum(1 / (rank + _RANK_OFFSET) for rank in range(len(letters)))
    small = {letter: math.log(share / whole / (rank + _RANK_OFFSET)) for rank, letter in enumerate(letters)}
    capitals = {letter.upper(): weight + _CAPITAL for letter, weight in small.items() if len(letter.upper()) == 1}
    return WritingSystem(capitals | small, ((share / 100, 200),), tier_of, after_own, beside_latin)


CHINESE = _ideographs(
    _CHINESE, 0.5, "gb2312", {(0xB0, 0xD7): (0.42, 3755), (0xD8, 0xF7): (0.04, 3008), (0xA1, 0xA3): (0.01, 700)}
)
TRADITIONAL_CHINESE = _ideographs(
    _TRADITIONAL, 0.5, "big5", {(0xA4, 0xC6): (0.44, 5401), (0xC9, 0xF9): (0.02, 7652), (0xA1, 0xA3): (0.01, 408)}
)
JAPANESE = _ideographs(
    _KANJI,
    0.15,
    "shift_jis",
    {
        (0x82, 0x83): (0.55, 170),
        (0x88, 0x97): (0.25, 2965),
        (0x98, 0xEA): (0.01, 3390),
        (0x81, 0x81): (0.02, 100),
    },
)
KOREAN = _ideographs(
    _HANGUL, 0.5, "euc_kr", {(0xB0, 0xC8): (0.46, 2350), (0xCA, 0xFD): (0.005, 4888), (0xA1, 0xAC): (0.01, 700)}
)
WESTERN = _alphabet("LATIN", _WESTERN, 0.2, _DECORATED, 0)
CENTRAL_EUROPEAN = _alphabet("LATIN", _CENTRAL, 0.2, _DECORATED, 0)
TURKISH = _alphabet("LATIN", _TURKISH, 0.2, _DECORATED, 0)
CYRILLIC = _alphabet("CYRILLIC", _RUSSIAN, 0.8, 0, _FOREIGN)
GREEK = _alphabet("GREEK", _GREEK, 0.8, 0, _FOREIGN)
HEBREW = _alphabet("HEBREW", _HEBREW, 0.8, 0, _FOREIGN)
ARABIC = _alphabet("ARABIC", _ARABIC, 0.8, 0, _FOREIGN)
THAI = _alphabet("THAI", _THAI, 0.8, 0, _FOREIGN)
