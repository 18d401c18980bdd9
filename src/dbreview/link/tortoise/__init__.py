"""The models of Tortoise ORM, read into the same schema."""
