//! Where the records of a file stand, by the hashes of their keys: eight bytes a record, and some room to grow.

/// A hash table in slots that a hash's upper bits lead to, as in a cdb file.
#[derive(Default)]
pub(crate) struct PlaceTable {
    /// Hashes and places. A place of zero is a free slot.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl PlaceTable {
    /// A table with so many slots.
    pub(crate) fn with_slots(slots: usize) -> PlaceTable {
        PlaceTable { slots: vec![(0, 0); slots], used: 0 }
    }

    /// The slots for a hash, from the one where it should be.
    fn probe(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let length = self.slots.len();
        let start = if length == 0 { 0 } else { (hash >> 8) as usize % length };
        (start..length).chain(0..start)
    }

    /// Adds a record; the table grows when it is full. The place must not be zero.
    pub(crate) fn insert(&mut self, hash: u32, place: u32) {
        if self.used * 5 >= self.slots.len() * 4 {
            // A quarter more at a time: all tables of a large database together are not to grow to twice their size.
            let length = self.slots.len() + self.slots.len() / 4 + 8;
            let old = std::mem::replace(self, PlaceTable::with_slots(length));
            old.into_entries().into_iter().for_each(|(hash, place)| self.put(hash, place));
        }
        self.put(hash, place);
    }

    /// Puts a record into the first free slot, if there is one.
    pub(crate) fn put(&mut self, hash: u32, place: u32) {
        let free = self.probe(hash).find(|&slot| self.slots.get(slot).is_some_and(|(_, place)| *place == 0));
        if let Some(slot) = free.and_then(|slot| self.slots.get_mut(slot)) {
            *slot = (hash, place);
            self.used += 1;
        }
    }

    /// Slots that may hold a key with this hash, in the order in which they were filled.
    pub(crate) fn candidates(&self, hash: u32) -> impl Iterator<Item = usize> {
        self.probe(hash)
            .take_while(|&slot| self.slots.get(slot).is_some_and(|(_, place)| *place != 0))
            .filter(move |&slot| self.slots.get(slot).is_some_and(|(other, _)| *other == hash))
    }

    /// The place in a slot.
    pub(crate) fn place(&self, slot: usize) -> Option<u32> {
        self.slots.get(slot).map(|(_, place)| *place)
    }

    /// The place in a slot, to be changed.
    pub(crate) fn place_mut(&mut self, slot: usize) -> Option<&mut u32> {
        self.slots.get_mut(slot).map(|(_, place)| place)
    }

    /// All places, to be changed; zeros among them.
    pub(crate) fn places_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        self.slots.iter_mut().map(|(_, place)| place)
    }

    /// Hashes and places of all records.
    pub(crate) fn into_entries(self) -> Vec<(u32, u32)> {
        self.slots.into_iter().filter(|(_, place)| *place != 0).collect()
    }

    /// All slots, free ones, too.
    pub(crate) fn into_slots(self) -> Vec<(u32, u32)> {
        self.slots
    }
}
