//! The core's columns as Arrow arrays that share their memory: numbers, decimals and text are lent, not copied.
//!
//! Truth values and the marks of absent ones are bits in Arrow and bytes here: these alone are written anew.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
    StringArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer, ToByteSlice};
use arrow_schema::{ArrowError, Field, Schema};
use bytes::Bytes;
use securebase_core::table::{Table, Values};

/// Part of a column's memory, which keeps the table alive as long as anybody reads it.
struct Lent {
    table: Arc<Table>,
    column: usize,
    /// The offsets of a column of text instead of its text.
    offsets: bool,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        match self.table.columns().get(self.column).map(|column| &column.values) {
            Some(Values::Utf8 { offsets, .. }) if self.offsets => offsets.as_slice().to_byte_slice(),
            Some(Values::Utf8 { text, .. }) => text.as_bytes(),
            Some(Values::Int64(values)) => values.as_slice().to_byte_slice(),
            Some(Values::Float64(values)) => values.as_slice().to_byte_slice(),
            Some(Values::Decimal { units, .. }) => units.as_slice().to_byte_slice(),
            _ => &[],
        }
    }
}

fn lent(table: &Arc<Table>, column: usize, offsets: bool) -> Buffer {
    Bytes::from_owner(Lent { table: table.clone(), column, offsets }).into()
}

/// A column as an Arrow array.
fn array(table: &Arc<Table>, place: usize) -> Result<ArrayRef, ArrowError> {
    let column = &table.columns()[place];
    let nulls = column.valid.as_ref().map(|valid| NullBuffer::from(valid.as_slice()));
    let rows = column.len();
    Ok(match &column.values {
        Values::Utf8 { .. } => {
            let offsets = ScalarBuffer::new(lent(table, place, true), 0, rows + 1);
            Arc::new(StringArray::try_new(OffsetBuffer::new(offsets), lent(table, place, false), nulls)?)
        }
        Values::Int64(_) => {
            Arc::new(Int64Array::try_new(ScalarBuffer::new(lent(table, place, false), 0, rows), nulls)?)
        }
        Values::Float64(_) => {
            Arc::new(Float64Array::try_new(ScalarBuffer::new(lent(table, place, false), 0, rows), nulls)?)
        }
        Values::Bool(values) => Arc::new(BooleanArray::new(values.as_slice().into(), nulls)),
        Values::Decimal { precision, scale, .. } => Arc::new(
            Decimal128Array::try_new(ScalarBuffer::new(lent(table, place, false), 0, rows), nulls)?
                .with_precision_and_scale(*precision, *scale)?,
        ),
        other => return Err(ArrowError::NotYetImplemented(format!("column of {other:?}"))),
    })
}

/// A table as one record batch.
pub(crate) fn record_batch(table: &Arc<Table>) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (place, column) in table.columns().iter().enumerate() {
        let array = array(table, place)?;
        fields.push(Field::new(&column.name, array.data_type().clone(), column.valid.is_some()));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(table.row_count()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}
