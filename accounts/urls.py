"""The addresses of the account pages that are not allauth's."""

from django.urls import path

from accounts import data_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("switches/", views.turn_switch, name="turn_switch"),
    path("data/", data_views.data, name="data"),
    path("data/export/", data_views.start_export, name="export_data"),
    path("data/download/", data_views.download, name="download_data"),
    path("delete/", data_views.delete, name="delete_account"),
    path("tokens/", views.create_token, name="create_token"),
    path("tokens/<str:digest>/revoke/", views.revoke_token, name="revoke_token"),
]
