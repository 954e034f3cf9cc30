"""Indexes for what one reader has given back, and for the open items that two people read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0004_places")]

    operations = [
        migrations.AddIndex(
            "assignment",
            models.Index(fields=["reviewer"], name="review_assignment_back_idx", condition=models.Q(state="released")),
        ),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                fields=["project"],
                name="review_item_second_idx",
                condition=models.Q(state="open", required__gt=1),
            ),
        ),
    ]
