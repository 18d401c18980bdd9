"""Where an application fetches: in the handler, or in functions, repositories and services around it."""

from __future__ import annotations

from invented.draft import MODELS, Draft, Wanted
from invented.fetching import Fetching, invent_fetching, needs_unique
from invented.source import indented

LAYOUTS = {
    "inline": 8,
    "function": 5,
    "repository": 6,
    "service": 4,
    "generic repository": 3,
    "wrapped": 2,
    "with a count": 2,
    "generator": 2,
}
FOR_ONE = ("inline", "function", "repository", "service")


def place(draft: Draft, wanted: Wanted) -> Fetching:
    """Fetch in the handler or somewhere else; what comes back is for the handler."""
    layouts = {name: weight for name, weight in LAYOUTS.items() if not wanted.is_single or name in FOR_ONE}
    if draft.is_async:
        layouts.pop("generator", None)
    if wanted.options.join is not None:
        layouts.pop("generic repository", None)
    match draft.dice.pick("layout", layouts):
        case "inline":
            return invent_fetching(draft, draft.handler, wanted, "session")
        case "generic repository":
            return _generic(draft, wanted)
        case "repository":
            return _repository(draft, wanted)
        case "service":
            return _service(draft, wanted)
        case layout:
            return _function(draft, wanted, layout)


def _function(draft: Draft, wanted: Wanted, layout: str) -> Fetching:
    file = draft.files["app/queries.py"]
    fetching = invent_fetching(draft, file, wanted, "session")
    returned = {
        "function": "return {}",
        "with a count": "return list({}), 100",
        "wrapped": 'return {{"items": {}, "count": 100}}',
        "generator": "yield from {}",
    }
    body = [*fetching.lines, returned[layout].format(fetching.value)]
    file.add_block(f"{draft.define} fetch({draft.session(file)}):", body)
    draft.handler.uses("app.queries", "fetch")
    call = draft.awaited("fetch(session)")
    if layout == "with a count":
        return Fetching([f"found, count = {call}"], "found")
    if layout == "wrapped":
        return Fetching([f"page = {call}"], 'page["items"]')
    return Fetching([], call)


def _repository(draft: Draft, wanted: Wanted) -> Fetching:
    name = _write_repository(draft, wanted)
    draft.handler.uses("app.repository", name)
    return Fetching([], draft.awaited(f"{name}(session).find()"))


def _service(draft: Draft, wanted: Wanted) -> Fetching:
    """A service that asks a repository."""
    repository, name = _write_repository(draft, wanted), f"{wanted.root}Service"
    file = draft.files["app/service.py"]
    file.uses("app.repository", repository)
    head = [f"def __init__(self, {draft.session(file)}) -> None:", f"    self.repository = {repository}(session)", ""]
    method = [f"{draft.define} find(self):", f"    return {draft.awaited('self.repository.find()')}"]
    file.add_block(f"class {name}:", [*head, *method])
    draft.handler.uses("app.service", name)
    return Fetching([f"service = {name}(session)"], draft.awaited("service.find()"))


def _write_repository(draft: Draft, wanted: Wanted) -> str:
    name = f"{wanted.root}Repository"
    file = draft.files["app/repository.py"]
    fetching = invent_fetching(draft, file, wanted, "self.session")
    constructor = [f"def __init__(self, {draft.session(file)}) -> None:", "    self.session = session", ""]
    method = [f"{draft.define} find(self):", *indented([*fetching.lines, f"return {fetching.value}"])]
    file.add_block(f"class {name}:", [*constructor, *method])
    return name


def _generic(draft: Draft, wanted: Wanted) -> Fetching:
    """A base repository that knows its model by a class attribute or by an argument."""
    by_argument = draft.dice.happens("model by argument", 40)
    given = draft.dice.pick("options given", {"class attribute": 0 if by_argument else 3, "argument": 3})
    _write_base(draft, wanted, by_argument=by_argument, given=given)
    written = ", ".join(wanted.options.expressions)
    if given == "argument":
        wanted.uses_options(draft.handler, draft.schema)
    argument = f"[{written}]" if given == "argument" and written else ""
    if by_argument:
        draft.handler.uses(MODELS, wanted.root)
        draft.handler.uses("app.repository", "Repository")
        return Fetching([], draft.awaited(f"Repository(session, {wanted.root}).find({argument})"))
    name, file = f"{wanted.root}Repository", draft.files["app/repositories.py"]
    file.uses("app.repository", "Repository")
    file.uses(MODELS, wanted.root)
    body = [f"model = {wanted.root}"]
    if given == "class attribute" and written:
        wanted.uses_options(file, draft.schema)
        body.append(f"options = ({written},)")
    file.add_block(f"class {name}(Repository[{wanted.root}]):", body)
    draft.handler.uses("app.repositories", name)
    return Fetching([], draft.awaited(f"{name}(session).find({argument})"))


def _write_base(draft: Draft, wanted: Wanted, *, by_argument: bool, given: str) -> None:
    file = draft.files["app/repository.py"]
    file.uses("typing", "Generic", "TypeVar")
    file.uses("sqlalchemy", "select")
    parameters = ", model: type[Model]" if by_argument else ""
    body = [] if by_argument else ["model: type[Model]", "options = ()", ""]
    body += [f"def __init__(self, {draft.session(file)}{parameters}) -> None:", "    self.session = session"]
    body += ["    self.model = model", ""] if by_argument else [""]
    options = "options" if given == "argument" else "self.options"
    run = f"self.session.scalars(select(self.model).options(*{options}).order_by(self.model.id))"
    unique = ".unique()" if needs_unique(draft, wanted) else ""
    body.append(f"{draft.define} find(self{', options=()' if given == 'argument' else ''}):")
    body.append(f"    return {draft.awaited_inside(run)}{unique}.all()")
    file.add("", "", 'Model = TypeVar("Model")')
    file.add_block("class Repository(Generic[Model]):", body)
