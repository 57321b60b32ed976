//! A plain document in which a map of attributes is never a list.
//!
//! The derived readers of serde take a list for a struct, its items in the order in which the fields are declared: an order that no
//! document promises, and in which the places of two equal types can be mixed up unnoticed.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize as _, forward_to_deserialize_any};
use serde_json::{Error, Map, Value};

/// A document that is read strictly, and every part of it.
#[derive(Clone, Copy)]
pub(super) struct Strict<'de>(pub(super) &'de Value);

impl<'de> Strict<'de> {
    fn visit_list<V: Visitor<'de>>(list: &'de [Value], visitor: V) -> Result<V::Value, Error> {
        let mut items = Items(list.iter());
        let value = visitor.visit_seq(&mut items)?;
        match items.0.len() {
            0 => Ok(value),
            _ => Err(Error::invalid_length(list.len(), &"fewer items")),
        }
    }

    fn visit_map<V: Visitor<'de>>(map: &'de Map<String, Value>, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Members::of(map))
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) => Self::visit_list(list, visitor),
            Value::Object(map) => Self::visit_map(map, visitor),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.0.deserialize_any(visitor)
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &"map")),
            Value::Object(map) => Self::visit_map(map, visitor),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.0.deserialize_struct(name, fields, visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) if map.len() == 1 => match map.iter().next() {
                Some((word, content)) => visitor.visit_enum(Choice { word, content }),
                None => self.0.deserialize_enum(name, variants, visitor),
            },
            // A word, or what is refused either way.
            value => value.deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_identifier(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map ignored_any
    }
}

/// The items of a list.
struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(Strict(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The members of a map.
struct Members<'de> {
    left: serde_json::map::Iter<'de>,
    value: Option<&'de Value>,
}

impl<'de> Members<'de> {
    fn of(map: &'de Map<String, Value>) -> Self {
        Self { left: map.iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(key.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(Strict(value)),
            None => Err(Error::custom("a value without a key")),
        }
    }
}

/// One of several words, and what belongs to it.
struct Choice<'de> {
    word: &'de str,
    content: &'de Value,
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Error;
    type Variant = Strict<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Strict<'de>), Error> {
        Ok((seed.deserialize(self.word.into_deserializer())?, Strict(self.content)))
    }
}

impl<'de> VariantAccess<'de> for Strict<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: u8,
        #[serde(default)]
        y: Option<Box<Point>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Nothing,
        At(Point),
        Pair(u8, u8),
        Line { from: Point, to: Point },
    }

    fn read<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, String> {
        T::deserialize(Strict(value)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_shape_of_a_document_is_read_as_before() {
        let point = |x| Point { x, y: None };
        for (document, shape) in [
            (json!("nothing"), Shape::Nothing),
            (json!({"at": {"x": 1, "y": {"x": 2}}}), Shape::At(Point { x: 1, y: Some(Box::new(point(2))) })),
            (json!({"pair": [1, 2]}), Shape::Pair(1, 2)),
            (
                json!({"line": {"from": {"x": 1}, "to": {"x": 2}}}),
                Shape::Line { from: point(1), to: point(2) },
            ),
        ] {
            assert_eq!(read::<Shape>(&document).unwrap(), shape);
        }
        assert_eq!(read::<Vec<(u8, String)>>(&json!([[1, "a"]])).unwrap(), [(1, "a".to_owned())]);
        assert_eq!(read::<Point>(&json!({"x": 1, "y": null})).unwrap(), point(1));
        assert!(read::<(u8, u8)>(&json!([1, 2, 3])).is_err());
    }

    #[test]
    fn a_list_is_no_map_wherever_it_stands() {
        for document in [json!([1]), json!([1, null]), json!({"x": 1, "y": [2]})] {
            let error = read::<Point>(&document).unwrap_err();
            assert_eq!(error, "invalid type: sequence, expected map");
        }
        for document in [
            json!({"at": [1]}),
            json!({"line": [{"x": 1}, {"x": 2}]}),
            json!({"line": {"from": [1], "to": [2]}}),
        ] {
            assert!(read::<Shape>(&document).unwrap_err().starts_with("invalid type: sequence, expected "));
        }
    }
}
