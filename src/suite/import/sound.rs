//! Whether the data files of a source can be read as one data set.

use std::collections::BTreeMap;

use super::ImportError;
use super::columns::{ColumnMap, Field};
use super::source::Source;
use super::table::SourceTable;

/// Files whose fields are in different columns are hardly one data set. Only pictures may be missing from some.
pub(super) fn alike(tables: &[(SourceTable, ColumnMap)]) -> Result<(), ImportError> {
    let pairs = tables.iter().zip(tables.iter().skip(1));
    for ((first, a), (second, b)) in pairs {
        for field in Field::ALL {
            let (a, b) = (a.column(field), b.column(field));
            let differ = match field {
                Field::Image | Field::ReferenceImage | Field::Kind => {
                    a.is_some() && b.is_some() && a != b
                }
                _ => a != b,
            };
            if differ {
                let said = |column: Option<&str>| {
                    column.map_or("none".to_owned(), |name| format!("`{name}`"))
                };
                return Err(ImportError::Differ {
                    field,
                    first: first.name.clone(),
                    second: second.name.clone(),
                    a: said(a),
                    b: said(b),
                });
            }
        }
    }
    Ok(())
}

/// Every column that the user named must be somewhere.
pub(super) fn named(said: &BTreeMap<Field, String>, source: &Source) -> Result<(), ImportError> {
    let mut columns: Vec<&str> = source
        .tables
        .iter()
        .flat_map(SourceTable::columns)
        .collect();
    columns.sort_unstable();
    columns.dedup();
    match said
        .iter()
        .find(|(_, column)| !columns.contains(&column.as_str()))
    {
        Some((field, column)) => Err(ImportError::NoColumn {
            field: *field,
            column: column.clone(),
            columns: columns.join(", "),
        }),
        None => Ok(()),
    }
}
