"""Entries for WriteEntry: a FlatBuffers table built slot by slot, so that nothing of our schema is used.

    entry({"partition": {"table": [Column(...), ...]}})
"""
import dataclasses

import flatbuffers

IOX, TAG, FIELD, TIME = range(4)
I64, F64, U64, STRING, BOOL, BYTES = range(1, 7)
WRITE, DELETE = 1, 2
WIDTHS = {I64: 8, F64: 8, U64: 8, BOOL: 1}


@dataclasses.dataclass
class Column:
    """`values` has None where a row has no value."""
    name: str
    role: int
    kind: int
    values: list
    null_mask: bytes | None = None  # instead of the one that `values` asks for

    def mask(self):
        if self.null_mask is not None or None not in self.values:
            return self.null_mask
        bits = bytearray((len(self.values) + 7) // 8)
        for row, value in enumerate(self.values):
            if value is None:
                bits[row // 8] |= 0x80 >> row % 8
        return bytes(bits)

    def present(self):
        return [value for value in self.values if value is not None]


def table(builder, slots):
    """slots: number -> (how to add, value)."""
    builder.StartObject(max(slots, default=-1) + 1)
    for slot, (kind, value) in slots.items():
        if kind == "offset":
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        else:
            builder.PrependUint8Slot(slot, value, 0)
    return builder.EndObject()


def offsets(builder, items):
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        builder.PrependUOffsetTRelative(item)
    return builder.EndVector()


def scalars(builder, kind, values):
    width = WIDTHS[kind]
    builder.StartVector(width, len(values), width)
    add = {I64: builder.PrependInt64, F64: builder.PrependFloat64, U64: builder.PrependUint64, BOOL: builder.PrependBool}[kind]
    for value in reversed(values):
        add(value)
    return builder.EndVector()


def column(builder, made):
    name = builder.CreateString(made.name)
    if made.kind == STRING:
        vector = offsets(builder, [builder.CreateString(value) for value in made.present()])
    elif made.kind == BYTES:
        vector = offsets(builder, [table(builder, {0: ("offset", builder.CreateByteVector(value))}) for value in made.present()])
    else:
        vector = scalars(builder, made.kind, made.present())
    values = table(builder, {0: ("offset", vector)})
    slots = {0: ("offset", name), 1: ("byte", made.role), 2: ("byte", made.kind), 3: ("offset", values)}
    if made.mask() is not None:
        slots[4] = ("offset", builder.CreateByteVector(made.mask()))
    return table(builder, slots)


def entry(partitions):
    builder = flatbuffers.Builder(0)
    writes = []
    for key, tables in partitions.items():
        batches = []
        for name, columns in tables.items():
            made = offsets(builder, [column(builder, each) for each in columns])
            batches.append(table(builder, {0: ("offset", builder.CreateString(name)), 1: ("offset", made)}))
        made = offsets(builder, batches)
        writes.append(table(builder, {0: ("offset", builder.CreateString(key)), 1: ("offset", made)}))
    operations = table(builder, {0: ("offset", offsets(builder, writes))})
    builder.Finish(table(builder, {0: ("byte", WRITE), 1: ("offset", operations)}))
    return bytes(builder.Output())


def delete_entry(table_name, predicate):
    builder = flatbuffers.Builder(0)
    names = {0: ("offset", builder.CreateString(table_name)), 1: ("offset", builder.CreateString(predicate))}
    deletes = table(builder, {0: ("offset", offsets(builder, [table(builder, names)]))})
    builder.Finish(table(builder, {0: ("byte", DELETE), 1: ("offset", deletes)}))
    return bytes(builder.Output())
