"""What we know about dependency-injector, as data. No analysis happens here."""

from __future__ import annotations

PROVIDERS = frozenset(
    {
        "dependency_injector.providers.Factory", "dependency_injector.providers.Singleton",
        "dependency_injector.providers.Resource", "dependency_injector.providers.ThreadSafeSingleton",
        "dependency_injector.providers.ContextLocalSingleton", "dependency_injector.providers.ThreadLocalSingleton",
        "dependency_injector.providers.Callable", "dependency_injector.providers.Object",
    }
)  # fmt: skip
"""Classes whose first argument is what they make, the others its arguments."""

PROVIDER = "dependency_injector.providers.Provider"
"""The name under which a provider is kept, with what it provides as its argument."""

MARKERS = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"})
"""Subscripted with a provider they stand for it."""

KEEPING = frozenset({"dependency_injector.providers.Singleton", "dependency_injector.providers.ThreadSafeSingleton"})
"""Providers that make one object and give it to everybody."""
KEEPING_GIVEN = frozenset({"dependency_injector.providers.Object"})
"""Those that give everybody the object that they are given."""

KEEPING_DECORATORS = frozenset({"injector.singleton"})
"""Decorators of functions whose result a container keeps."""
SCOPED_DECORATORS = frozenset({"dishka.provide"})
"""Those that say by ``scope=Scope.APP`` that it does."""
