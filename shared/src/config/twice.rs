//! Keys that an object of a file has twice: JSON keeps the last, and people look at the first.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::reader::Place;

/// The places of such keys in a text that is JSON.
pub(super) fn find(text: &str, file: Place) -> Vec<Place> {
    let found = RefCell::new(Vec::new());
    let look = Look { place: file, found: &found };
    // What is no JSON is told where it is read.
    let _complete = look.deserialize(&mut serde_json::Deserializer::from_str(text)).is_ok();
    found.into_inner()
}

/// Looks at one value.
struct Look<'f> {
    place: Place,
    found: &'f RefCell<Vec<Place>>,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let place = self.place.key(&key);
            map.next_value_seed(Look { place: place.clone(), found: self.found })?;
            if !seen.insert(key) {
                self.found.borrow_mut().push(place);
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        let at = |index| Look { place: self.place.item(index), found: self.found };
        while list.next_element_seed(at(index))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
