"""Ask about chips: filters (OGC CQL2), orders, labels and their counts, in pages."""

from groundset.query.facets import Queryable
from groundset.query.found import Found, Hit
from groundset.query.index import Index
from groundset.query.labels import Label
from groundset.query.order import LEARNED, SORTS
from groundset.query.values import PROPERTIES

__all__ = ["LEARNED", "PROPERTIES", "SORTS", "Found", "Hit", "Index", "Label", "Queryable"]
