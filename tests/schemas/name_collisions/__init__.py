from name_collisions.orm import Model as Record
from name_collisions.users import *

__all__ = ["Record"]
