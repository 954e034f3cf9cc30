"""What a text hides in its code points: classes of characters, where they are ordinary, how much choice they hold."""
