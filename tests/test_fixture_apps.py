"""The applications under tests/fixtures are real ones: they start, and their routes answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel

from postgres import Database
from running import importing, seed, send

FIXTURES = Path(__file__).parent / "fixtures"

# One of them leaks sessions, another keeps one for ever: that is what they are for.
pytestmark = pytest.mark.filterwarnings("ignore")


def get(*paths: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [("GET", path, {}) for path in paths]


def clinic_rows(models: ModuleType) -> Iterable[object]:
    branch = models.Branch(id=1, city="Bergen")
    patient = models.Patient(first_name="Ada", last_name="Berg", email="ada@clinic.test", branch_id=1)
    visit = models.Visit(
        starts_at=datetime(2024, 5, 1, 9, tzinfo=timezone.utc),
        patient=patient,
        doctor=models.Doctor(first_name="Bo", last_name="Dahl"),
        room=models.Room(name="1", beds=2, branch_id=1),
        tags=[models.Tag(name="first")],
        prescriptions=[models.Prescription(drug="tea", amount=2)],
    )
    return [branch, patient, visit, models.AuditEntry(action="opened")]


def test_the_clinic_answers(tmp_path: Path) -> None:
    variables = {"DATABASE_URL": f"sqlite:///{tmp_path / 'test.db'}"}
    with importing("clinic", FIXTURES / "sync_query", variables) as module:
        models = module("clinic.models")
        seed(tmp_path, models.Base.metadata, *clinic_rows(models))
        answers = send(
            module("clinic.main").app,
            module("clinic.database").engine,
            *get("/", "/visits", "/visits/quick", "/visits/rooms", "/visits/tags", "/patients/1/visits"),
            *get("/doctors/report", "/doctors/slow-report", "/patients", "/patients/all", "/patients/export"),
            *get("/patients/1"),
            ("POST", "/visits/drugs", {"json": {"visit_ids": [1]}}),
            ("POST", "/patients/known", {"json": ["ada@clinic.test", "bo@clinic.test"]}),
        )
        assert {answer.status_code for answer in answers} == {200}
        assert answers[1].json()[0]["drugs"] == ["tea"]
        assert answers[-1].json() == ["ada@clinic.test"]
        module("clinic.reporting").session.close()


def shop_rows(models: ModuleType) -> Iterable[object]:
    category = models.Category(title="Tools", products=[models.Product(title="Saw", sku="saw", price=20)])
    order = models.Order(
        number="A1",
        customer=models.Customer(title="Ada", email="ada@shop.test"),
        lines=[models.Line(position=1, quantity=2, product=category.products[0])],
    )
    return [category, order, models.Visit(path="/tools")]


def test_the_shop_answers(tmp_path: Path) -> None:
    variables = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'test.db'}",
        "ARCHIVE_URL": f"sqlite:///{tmp_path / 'archive.db'}",
    }
    with importing("shop", FIXTURES / "async_select" / "src", variables) as module:
        models = module("shop.models")
        seed(tmp_path, models.Base.metadata, *shop_rows(models))
        answers = send(
            module("shop.main").app,
            None,
            *get("/products", "/products/count", "/products/available?sku=saw", "/categories", "/categories/overview"),
            *get("/orders", "/orders/brief", "/orders/open", "/orders/open-quickly", "/visits/last"),
            ("POST", "/orders/totals", {"json": {"numbers": ["A1"]}}),
        )
        assert {answer.status_code for answer in answers} == {200}
        assert answers[4].json() == {"Tools": ["Saw"]}
        assert answers[5].json() == [{"number": "A1", "customer": "Ada", "total": 40}]
        assert answers[-1].json() == 40


def plots_rows(models: ModuleType) -> Iterable[object]:
    plot = models.Plot(label="north", area=40, site=models.Site(name="Hill"))
    plot.gardeners.append(models.Gardener(name="Ada", email="ada@plots.test"))
    plot.plantings.append(models.Planting(plant="leek", planted_on=date(2024, 5, 1)))
    return [plot, models.Reading(celsius=12.5)]


def test_the_plots_answer(tmp_path: Path) -> None:
    variables = {"DATABASE_URL": f"sqlite:///{tmp_path / 'test.db'}"}
    with importing("app", FIXTURES / "sqlmodel_app", variables) as module:
        seed(tmp_path, SQLModel.metadata, *plots_rows(module("app.models")))
        answers = send(
            module("app.main").app,
            module("app.core.db").engine,
            *get("/gardeners/", "/gardeners/plots", "/gardeners/known?email=ada@plots.test", "/plots/"),
            *get("/gardeners/known-quickly?email=ada@plots.test", "/plots/gardeners", "/plots/reports"),
            *get("/plots/quick-reports", "/plots/sites", "/plots/sites/1/labels", "/plots/area?label=north"),
            *get("/plots/first", "/weather"),
        )
        assert {answer.status_code for answer in answers} == {200}
        assert answers[6].json() == [{"label": "north", "plants": ["leek"], "grams": 0}]
        module("app.weather").shared.close()


def depot(tmp_path: Path, dsn: str) -> dict[str, str]:
    return {"DATABASE_DSN": dsn, "SCANS_FILE": str(tmp_path / "scans.db")}


def test_the_scanners_of_the_depot_answer(tmp_path: Path) -> None:
    with importing("depot", FIXTURES / "raw_sql", depot(tmp_path, "postgresql://nobody.test/depot")) as module:
        module("depot.scans").create_table()
        application = FastAPI()
        application.include_router(module("depot.routers.scans").router)
        scan = {"code": "p1", "place": "gate"}
        for request in (("POST", "/scans", {"json": scan}), ("POST", "/scans/many", {"json": [scan, scan]})):
            assert send(application, None, request)[0].status_code == 201
        send(application, None, ("POST", "/scans/many-at-once", {"json": [{"code": "p2", "place": "ramp"}]}))
        answers = send(
            application,
            None,
            *get("/scans/count?place=gate", "/scans/count-elsewhere?place=gate", "/scans/places?codes=p1,p2,p3"),
            *get("/scans/found?word=p2", "/scans/found-safely?word=p2", "/scans/newest", "/scans/codes"),
        )
        assert [answer.json() for answer in answers] == [
            3,
            3,
            {"p1": "gate", "p2": "ramp", "p3": None},
            [{"id": 4, "code": "p2"}],
            [{"id": 4, "code": "p2"}],
            ["p2", "p1", "p1", "p1"],
            ["p1", "p2"],
        ]
        module("depot.scans").log.close()


def test_the_depot_answers(tmp_path: Path, postgres: Database) -> None:
    dsn = postgres.async_url.replace("+asyncpg", "")
    schema = (FIXTURES / "raw_sql" / "schema.sql").read_bytes()
    with psycopg.connect(dsn) as connection:
        connection.execute(schema)
        connection.execute("INSERT INTO couriers (name, balance) VALUES ('Ada', 100)")
        connection.execute("INSERT INTO parcels (code, city, weight, courier_id) VALUES ('p0', 'Oslo', 1, 1)")
    delivery = {
        "parcels": [{"code": "p1", "city": "Bergen", "weight": 2}, {"code": "p2", "city": "Bergen", "weight": 3}]
    }
    more = {"parcels": [{"code": "p3", "city": "Oslo", "weight": 4}]}
    with importing("depot", FIXTURES / "raw_sql", depot(tmp_path, dsn)) as module:
        application = module("depot.main").app
        for request in (
            ("POST", "/parcels", {"json": delivery}),
            ("POST", "/parcels/quickly", {"json": more}),
            ("POST", "/couriers/1/payouts?amount=30", {}),
            ("POST", "/couriers/1/payouts/at-once?amount=20", {}),
            ("POST", "/parcels/p1/failed", {}),
            ("POST", "/parcels/p1/failed-again", {}),
        ):
            assert send(application, None, request)[0].is_success
        answers = send(
            application,
            None,
            *get("/parcels/waiting", "/parcels/next?size=2", "/parcels/search?city=Bergen&lightest=3", "/parcels/page"),
            *get("/parcels/ordered-page?size=1&start=1", "/parcels/sorted?by=code", "/parcels/sorted-safely?by=code"),
            *get("/parcels/rounds", "/parcels/quick-rounds", "/parcels/p1", "/couriers", "/couriers/few"),
            *get("/couriers/all", "/couriers/paid", "/couriers/any-payout", "/couriers/reachable"),
            *get("/couriers/connected", "/couriers/1"),
        )
        assert {answer.status_code for answer in answers} == {200}
        assert [each["code"] for each in answers[0].json()] == ["p1", "p2", "p0", "p3"]
        assert [each["code"] for each in answers[2].json()] == ["p2"]
        assert answers[7].json() == answers[8].json() == [{"courier": "Ada", "codes": ["p0"]}]
        assert answers[13].json() == {"total": 50, "largest": 30}
        assert answers[-1].json()["balance"] == 50
        module("depot.scans").log.close()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT attempts FROM parcels WHERE code = 'p1'").fetchone() == (2,)
