"""The applications under tests/fixtures are real ones: they start, and their routes answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlmodel import SQLModel

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
