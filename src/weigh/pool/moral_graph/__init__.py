"""Which values people come to hold wiser, from votes on upgrades; see `weigh.pool.moral_graph.graph`."""

from weigh.core.votes import Votes
from weigh.pool.moral_graph.bridging import Bridge, bridges
from weigh.pool.moral_graph.cards import ValuesCard, faults, read_cards
from weigh.pool.moral_graph.deduplication import Merged, merge_cards
from weigh.pool.moral_graph.edges import tally
from weigh.pool.moral_graph.graph import moral_graph
from weigh.pool.moral_graph.routing import cards_to_show, upgrades_to_ask

__all__ = [
    "Bridge",
    "Merged",
    "ValuesCard",
    "Votes",
    "bridges",
    "cards_to_show",
    "faults",
    "merge_cards",
    "moral_graph",
    "read_cards",
    "tally",
    "upgrades_to_ask",
]
