"""The vocabulary of `synthetic.py`: targets, words and frames in English and Chinese.

Data only. The builder picks by position, so any addition, removal or move changes the records.
"""

from __future__ import annotations

from typing import NamedTuple


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


def _lines(block: str) -> tuple[str, ...]:
    return tuple(block.strip("\n").split("\n"))


TARGETS = {
    ("ner", ""): _words("DNA RNA protein cell_type cell_line"),
    ("ed", ""): _words(
        "Catastrophe Attack Hostile_encounter Causation Process_start "
        "Competition Motion Social_event Killing Conquering"
    ),
    ("mabsa", "en"): _words("food drinks service price ambience location"),
    ("mabsa", "zh"): _words("菜品 饮品 服务 价格 环境 位置"),
}
OTHER_TARGETS = ("alpha", "beta", "gamma")

# strings inside some names and sentences, and strings that are names themselves
MARKS = (*_words("\" ' \\ [ ] {} \\n '' ， ； ： 。 （ ） 🧬 e\u0301 אב"), ", ", "; ", ": ", " -> ", " <- ")
MARKS += ("\n", "\t", "\u2028", "\x85", "\xa0")
WORDS = _words("NONE positive unmentioned 无 正面 未提及 42 -2 ０１ [] [X] A->B")


class Bank(NamedTuple):
    """The words of one language for one kind of text. `*` in a frame is replaced by mentions; `gap` separates words."""

    names: tuple[str, ...]
    heads: tuple[str, ...]
    frames: tuple[str, ...]
    fillers: tuple[str, ...]
    quote: str
    good: tuple[str, ...] = ()
    middling: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    note: str = "Note {}."
    gap: str = " "
    both: str = " and "
    lead: str = " The "
    stop: str = "."


_EN = Bank(
    names=_words("IL-2 kappa-B GATA3 p50 Tau-7 ferritin lamin STAT9 myc-L cortin B12 Ras-K omega-3 HLX zeta Jun-D"),
    heads=_words("gene receptor promoter transcript cells line factor complex"),
    frames=_lines("""
 We measured * in the second culture.
 After two days * was no longer seen.
 Little is known of * at low dose.
 The upper lane shows *, as the control does.
 Both teams found * by accident."""),
    fillers=_lines(""" Nothing else was seen.\n The rest is routine.\n We came back on Monday.\n It rained all day."""),
    quote=" A tag reads *.",
    good=_lines("won us over\ndeserved every praise\nbeat all our hopes\ncould hardly be better"),
    middling=_lines("met the standard\ndid no harm\nstayed plain\nkept us neither glad nor cross"),
    bad=_lines("let us down\nspoiled the evening\nfell short\nleft us cross"),
)
_EN_EVENTS = _EN._replace(
    names=_words("raid landslide merger strike flood rally siege march duel blast vote retreat fire wedding clash"),
    heads=_words("attempt wave plan aftermath season threat"),
    frames=_lines("""
 Witnesses spoke of the * for weeks.
 In spring the * took the town by surprise.
 Nobody had foreseen the * near the bridge.
 Papers blamed the *, rightly or not.
 The governor called the * a turning point."""),
)
_ZH = Bank(
    names=_words("阿尔法素 红盐碱 丁七酶 银杏肽 乙九因 海绵素 青霜蛋白 丙酮体 云母酸 白芷素 己三糖 木樨碱"),
    heads=_words("基因 受体 启动子 细胞 复合物 因子"),
    frames=_words("第二批样品中测到*的变化。 两天以后*不再出现。 低剂量下*的作用还不清楚。 上面一行是*，与对照相同。"),
    fillers=_words("其余一切照常。 别的没有看到。 我们星期一又来了一趟。 那天一直下雨。"),
    quote="标签上写着*。",
    good=_words("让人惊喜 值得称赞 好过预期 几乎挑不出毛病"),
    middling=_words("和想的差不多 算是过得去 平平常常 说不上好坏"),
    bad=_words("让人失望 扫了兴致 有待改进 令人不快"),
    note="第{}号记录。",
    gap="",
    both="和",
    lead="",
    stop="。",
)
_ZH_EVENTS = _ZH._replace(
    names=_words("突袭 山崩 合并 罢工 洪水 集会 围城 行军 爆炸 发射 表决 撤退 火灾 婚礼 冲突 决斗"),
    heads=_words("计划 浪潮 威胁 风波 余波 企图"),
    frames=_words("目击者连日谈论*的经过。 春天的*让全城措手不及。 没有人料到桥边的*会这样收场。 州长称*为转折点。"),
)
# language -> the bank for mentions and labels, the bank for events
BANKS = {"en": (_EN, _EN_EVENTS), "zh": (_ZH, _ZH_EVENTS)}
