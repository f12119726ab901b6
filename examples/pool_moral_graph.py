"""
Pool votes on upgrades into a moral graph
=========================================

Few begin with the value that many come to hold wiser. Counting who approves what passes it over; votes on steps from
one value to another find it.
"""

from __future__ import annotations

from weigh import Ratings
from weigh.core.stats import rng
from weigh.pool.moral_graph import ValuesCard, Votes, moral_graph

cards = [
    ValuesCard("rules", "Follow the rules", ("RULES that apply here",)),
    ValuesCard("outcomes", "Weigh outcomes", ("CONSEQUENCES for those affected",)),
    ValuesCard("person", "See the person", ("NEEDS that this person has not yet put into words",)),
    ValuesCard("loyalty", "Be loyal", ("TIES that bind us",)),
]

# %%
# Sixty people of two groups. Few approve "See the person"; most who are asked call the step to it one to wiser.
chance = rng(0, "example")
steps = {
    ("rules", "outcomes"): 0.75,
    ("outcomes", "person"): 0.8,
    ("loyalty", "person"): 0.7,
    ("loyalty", "rules"): 0.3,
}
rows, approvals = [], []
for number in range(60):
    who, group = f"person {number}", ("north", "south")[number % 2]
    for item, share in (("rules", 0.7), ("outcomes", 0.5), ("person", 0.1), ("loyalty", 0.6)):
        approvals.append((who, item, float(chance.uniform() < share)))
    for (start, end), p in steps.items():
        vote = "upgrade" if chance.uniform() < p else ("no_upgrade", "not_sure")[number % 3 == 0]
        rows.append((who, group, start, end, vote))

who, group, start, end, vote = zip(*rows, strict=True)
votes = Votes(who=who, group=group, from_=start, to=end, vote=vote)
approved = Ratings(**dict(zip(("who", "item", "value"), zip(*approvals, strict=True), strict=True)))

# %%
# By approvals it comes last, by upgrades first.
counts = {card.title: sum(yes for _, item, yes in approvals if item == card.id) for card in cards}
print(sorted(counts, key=lambda title: -counts[title]))
values = moral_graph(votes, cards=cards, approvals=approved)
print([values.items[at] for at in values.mean.argsort()[::-1]])
print(values.notes["told"][0])

# %%
# Each step has a likelihood with its own interval; steps that do not count are left out.
for edge in values.notes["edges"]:
    print(f"{edge['from']} → {edge['to']}: {edge['likelihood']:.2f} ({edge['low']:.2f} to {edge['high']:.2f})")

# %%
# And who met whom there: people of both groups who began with different values.
for bridge in values.notes["bridges"][:2]:
    print(f"{bridge['first']}: {bridge['from_first']}; {bridge['other']}: {bridge['from_other']} → {bridge['to']}")
