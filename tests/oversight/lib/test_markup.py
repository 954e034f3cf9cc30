"""Our `format_html` is Django's, for whatever it is given."""

from __future__ import annotations

import pytest
from django.utils import html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from oversight.lib.markup import format_html, format_html_join

SHAPE = '<a href="{}" title="{name}">{}</a>'
HOSTILE = "<script>alert(1)</script>\"'&amp;{}{0}"
texts = st.text() | st.text(alphabet="<>&\"'{}a;#") | st.just(HOSTILE)


class Markup:
    """Something that says itself that it is markup."""

    def __html__(self) -> str:
        return "<i>x</i>"


class Text(str):
    """A text that is not plainly `str`."""


values = st.one_of(
    texts,
    texts.map(Text),
    texts.map(html.escape),
    texts.map(gettext_lazy),
    st.integers(),
    st.floats(),
    st.none(),
    st.lists(texts, max_size=2),
    st.builds(Markup),
)


@given(values, values, values)
def test_it_gives_what_djangos_gives(first: object, second: object, third: object) -> None:
    ours = format_html(SHAPE, first, second, name=third)

    assert ours == html.format_html(SHAPE, first, second, name=third)
    assert isinstance(ours, SafeString)


@given(texts, st.lists(st.tuples(values, values), max_size=4))
def test_rows_are_joined_as_djangos_are(between: str, rows: list[tuple[object, object]]) -> None:
    ours = format_html_join(between, "<td>{}{}</td>", rows)

    assert ours == html.format_html_join(between, "<td>{}{}</td>", rows)
    assert isinstance(ours, SafeString)


def test_hostile_text_stays_text() -> None:
    assert "<script>" not in format_html("{}", HOSTILE)
    assert format_html("<b>{}</b>", format_html("{}", "&")) == "<b>&amp;</b>"


def test_a_text_without_values_is_refused() -> None:
    with pytest.raises(TypeError, match="values"):
        format_html(HOSTILE)
