"""What the fields of policy APIs are, for the kinds and the parts that no reader looks at: one table a group of APIs.

Tables say names, types and limits as the published references do. What a reader checks already is :data:`READ` there.
"""

from ringfence.dialects.schema.check import check_schema, refused

__all__ = ["check_schema", "refused"]
