"""Proof by execution: what the pages say of Tortoise ORM, by the code of their own examples."""

from __future__ import annotations

from collections import Counter
from types import ModuleType
from typing import Any

import pytest

from pages import Example
from running import Import, Request, shown
from running_tortoise import Sent, ask, with_tables

ROWS = 100


def get(path: str) -> Request:
    return ("GET", path, {})


def post(path: str, json: object = None) -> Request:
    return ("POST", path, {"json": json})


def of_tortoise(rule: str, *, is_bad: bool) -> pytest.MarkDecorator:
    return shown(rule, "Bad" if is_bad else "Good", is_of_tortoise=True)


# DBR101


async def seed_books(models: ModuleType) -> None:
    for number in range(ROWS):
        author = await models.Author.create(name=f"author {number}")
        await models.Book.create(title=f"book {number}", author=author)


async def sent_for(sent: Sent, module: Import, path: str) -> tuple[Sent, Any]:
    """What one request sends, and what it is answered."""
    before = len(sent)
    (answer,) = await ask(module("app.routes"), get(path))
    assert answer.status_code == 200
    return sent[before:], answer.json()


@of_tortoise("lazy-load-in-loop", is_bad=True)
def test_an_awaited_relation_is_a_statement_for_each_row(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        await seed_books(module("app.models"))
        found, labels = await sent_for(sent, module, f"/labels?limit={ROWS}")
        assert len(found) == ROWS + 1
        assert labels[-1] == "book 99 (author 99)"

    with_tables(module("app.models"), work)


@of_tortoise("lazy-load-in-loop", is_bad=False)
def test_a_joined_relation_is_no_statement_and_a_prefetched_one_is_one(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        await seed_books(module("app.models"))
        found, labels = await sent_for(sent, module, f"/labels?limit={ROWS}")
        assert (len(found), labels[-1]) == (1, "book 99 (author 99)")
        found, titles = await sent_for(sent, module, f"/authors?limit={ROWS}")
        assert (len(found), titles["author 99"]) == (2, ["book 99"])

    with_tables(module("app.models"), work)


# DBR102


@shown("query-in-loop", "", is_of_tortoise=True)
def test_a_lookup_in_a_loop_is_a_statement_for_each_item(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        product = module("app.models").Product
        await product.bulk_create([product(sku=f"sku {number}", price=2) for number in range(ROWS)])
        sent.clear()
        (answer,) = await ask(
            module("app.routes"), post("/baskets/price", {"skus": [f"sku {number}" for number in range(ROWS)]})
        )
        assert answer.json() == 2 * ROWS
        assert len(sent) == (ROWS if example.title.startswith("Bad") else 1)

    with_tables(module("app.models"), work)


# DBR103


@shown("lazy-load-in-response", "", is_of_tortoise=True)
def test_a_schema_refuses_a_relation_that_was_not_fetched(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        await seed_books(module("app.models"))
        sent.clear()
        (answer,) = await ask(module("app.routes"), get("/authors?limit=100"))
        if example.title.startswith("Bad"):
            assert answer.status_code == 500
        else:
            assert answer.json()[-1]["books"][0]["title"] == "book 99"
            assert len(sent) == 2

    with_tables(module("app.models"), work)


# DBR104


@shown("missing-pagination", "", is_of_tortoise=True)
def test_a_list_without_a_limit_answers_with_the_whole_table(example: Example, module: Import) -> None:
    async def work(_sent: Sent) -> None:
        article = module("app.models").Article
        await article.bulk_create([article(slug=str(number), title="a title") for number in range(3 * ROWS)])
        answer, greedy = await ask(module("app.routes"), get("/articles"), get("/articles?limit=1000"))
        if example.title.startswith("Bad"):
            assert len(answer.json()) == len(greedy.json()) == 3 * ROWS
        else:
            assert len(answer.json()) == 50
            assert greedy.status_code == 422

    with_tables(module("app.models"), work)


# DBR108


@shown("count-by-fetching", "", is_of_tortoise=True)
def test_rows_are_fetched_to_be_counted_unless_the_database_is_asked_to(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        ticket = module("app.models").Ticket
        await ticket.bulk_create([ticket(subject="help") for _ in range(ROWS)])
        counted, size = await sent_for(sent, module, "/tickets/size")
        looked, busy = await sent_for(sent, module, "/tickets/busy")
        assert (size, busy, len(counted), len(looked)) == (ROWS, "busy", 1, 1)
        if example.title.startswith("Bad"):
            assert '"subject"' in counted[0]
            assert '"subject"' in looked[0]
            assert "LIMIT" not in looked[0]
        else:
            assert counted[0].startswith("SELECT COUNT(*)")
            assert looked[0].startswith("SELECT 1")
            assert "LIMIT" in looked[0]

    with_tables(module("app.models"), work)


# DBR402


@of_tortoise("row-by-row-write", is_bad=True)
def test_each_create_is_a_statement_in_a_transaction_too(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        (answer,) = await ask(module("app.routes"), post("/products", {"skus": [str(n) for n in range(50)]}))
        assert answer.status_code == 204
        assert Counter(statement.split()[0] for statement in sent) == {"INSERT": 50}

    with_tables(module("app.models"), work)


@of_tortoise("row-by-row-write", is_bad=False)
def test_bulk_create_and_a_filtered_update_are_one_statement_each(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        (delivered,) = await ask(module("app.routes"), post("/products", {"skus": [str(n) for n in range(50)]}))
        (unlisted,) = await ask(module("app.routes"), post("/products/unlist", {"product_ids": list(range(1, 50))}))
        assert delivered.status_code == unlisted.status_code == 204
        assert Counter(statement.split()[0] for statement in sent) == {"INSERT": 1, "UPDATE": 1}
        assert await module("app.models").Product.filter(is_listed=True).count() == 1

    with_tables(module("app.models"), work)


# DBR404


@shown("split-transaction", "", is_of_tortoise=True)
def test_what_fails_between_two_writes_leaves_the_first_behind(example: Example, module: Import) -> None:
    async def work(_sent: Sent) -> None:
        models = module("app.models")
        taken = await models.Team.create(name="taken")
        await models.Member.create(team=taken, email="ada@example.org")
        for number in range(20):
            (answer,) = await ask(module("app.routes"), post(f"/teams?name=team{number}&email=ada@example.org"))
            assert answer.status_code == 500
        left = await models.Team.filter(members=None).count()
        assert left == (20 if example.title.startswith("Bad") else 0)
        (again,) = await ask(module("app.routes"), post("/teams?name=team1&email=bo@example.org"))
        assert again.status_code == (500 if example.title.startswith("Bad") else 200)

    with_tables(module("app.models"), work)


# DBR406


@shown("lost-update", "", is_of_tortoise=True)
def test_what_is_added_in_python_gets_lost_and_what_the_database_adds_does_not(
    example: Example, module: Import
) -> None:
    async def work(_sent: Sent) -> None:
        models = module("app.models")
        kept = await models.Post.create(title="a post")
        answers = await ask(module("app.routes"), *[post(f"/posts/{kept.id}/views")] * 50)
        assert {answer.status_code for answer in answers} == {204}
        await kept.refresh_from_db()
        assert kept.views < 50 if example.title.startswith("Bad") else kept.views == 50

    with_tables(module("app.models"), work)


# DBR407


@shown("check-then-insert", "", is_of_tortoise=True)
def test_only_the_database_keeps_an_address_from_being_taken_twice(example: Example, module: Import) -> None:
    async def work(_sent: Sent) -> None:
        answers = await ask(module("app.routes"), *[post("/members?email=ada@example.org")] * 20)
        created = Counter(answer.status_code for answer in answers)[201]
        assert created == await module("app.models").Member.all().count()
        if example.title.startswith("Bad"):
            assert created > 1
        else:
            assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}

    with_tables(module("app.models"), work)


# DBR502


@shown("missing-await", "", is_of_tortoise=True)
@pytest.mark.filterwarnings("error")
def test_a_queryset_that_nobody_awaits_does_nothing_and_says_nothing(example: Example, module: Import) -> None:
    async def work(sent: Sent) -> None:
        coupon = module("app.models").Coupon
        await coupon.create(code="SPRING")
        sent.clear()
        (answer,) = await ask(module("app.routes"), ("DELETE", "/coupons/SPRING", {}))
        assert answer.status_code == 204
        is_there = await coupon.exists(code="SPRING")
        assert is_there is example.title.startswith("Bad")
        if not is_there:
            await coupon.bulk_create([coupon(code="SUN"), coupon(code="SUMMER")])
            assert (await sent_for(sent, module, "/coupons/count?start=SUM"))[1] == 1
            assert (await sent_for(sent, module, "/coupons/count"))[1] == 2

    with_tables(module("app.models"), work)


# DBR503


@shown("lazy-load-under-async", "", is_of_tortoise=True)
def test_a_relation_that_was_not_fetched_raises(example: Example, module: Import) -> None:
    paths = [route.path.format(order_id=1) for route in module("app.routes").router.routes]

    async def work(_sent: Sent) -> None:
        models = module("app.models")
        order = await models.Order.create(customer=await models.Customer.create(name="Ada"))
        await models.Item.create(name="a saw", order=order)
        for path in paths:
            answers = await ask(module("app.routes"), *[get(path)] * 20)
            assert {answer.status_code for answer in answers} == {500 if example.title.startswith("Bad") else 200}
        if example.title.startswith("Bad"):
            with pytest.raises(Exception, match="No values were fetched for this relation"):
                await module("app.routes").size(1)
            with pytest.raises(AttributeError, match="'QuerySet' object has no attribute 'name'"):
                await module("app.routes").customer(1)
        else:
            answers = await ask(module("app.routes"), *map(get, paths))
            assert [answer.json() for answer in answers] == [1, "Ada", 1]

    with_tables(module("app.models"), work)
