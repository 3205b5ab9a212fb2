"""`publisher/*`, publishing, icons and what pipelines may add, through the official SDK."""

from collections.abc import Callable
from typing import Any

from huaweicloudsdkcodeartspipeline.v2 import (
    AgentPluginInfoQueryDTO,
    BusinessTypePluginsQueryDTO,
    CreatePluginVersionRequest,
    CreatePublisherRequest,
    DeletePublisherRequest,
    ListAvailablePublisherRequest,
    ListBasePluginsNewPostRequest,
    ListBasePluginsRequest,
    ListPluginsRequest,
    ListPublisherRequest,
    ListStagePluginsRequest,
    PluginDTO,
    PluginDTOExecutionInfo,
    PublisherRequest,
    PublishPluginBindRequest,
    PublishPluginDTO,
    PublishPluginRequest,
    ShowPublisherRequest,
    StagePluginsQueryDTO,
    UploadPluginIconRequest,
    UploadPluginIconRequestBody,
    UploadPublisherIconRequest,
    UploadPublisherIconRequestBody,
)

from tests.builders import a_name, a_picture
from tests.surfaces.sdk.conftest import Form, Hand, done

Accept = Callable[[str], None]


def _created(author: Hand, en_name: str) -> str:
    body = PublisherRequest(
        name="A house", en_name=en_name, support_url="help@example.com", website="https://a.example/"
    )
    done(author.sdk.create_publisher(CreatePublisherRequest(domain_id=author.account, body=body)))
    found = author.sdk.list_publisher(
        ListPublisherRequest(domain_id=author.account, name=en_name, offset="0", limit="10")
    )
    assert (found.offset, found.limit, found.total) == (0, 10, 1)
    (row,) = found.data
    return str(row.publisher_unique_id)


def _plugin(author: Hand, *, business_type: str = "Deploy", steps: tuple[str, ...] = ()) -> str:
    name = a_name()
    body = PluginDTO(plugin_name=name, display_name=name, version="1.0.0", business_type=business_type)
    if steps:
        inner = {"execution_type": "COMPOSITE", "steps": [{"task": step, "name": step} for step in steps]}
        body.execution_info = PluginDTOExecutionInfo(inner_execution_info=inner)
    done(author.sdk.create_plugin_version(CreatePluginVersionRequest(domain_id=author.account, body=body)))
    return name


def _published(author: Hand, accept: Accept, *names: str) -> str:
    publisher = _created(author, a_name("house"))
    accept(publisher)
    for name in names:
        body = PublishPluginDTO(plugin_name=name, version="1.0.0", publisher_unique_id=publisher)
        done(author.sdk.publish_plugin(PublishPluginRequest(domain_id=author.account, body=body)))
    return publisher


def test_a_publisher_is_created_accepted_shown_and_deleted(author: Hand, accept: Accept) -> None:
    en_name = a_name("house")
    publisher = _created(author, en_name)
    available = ListAvailablePublisherRequest(domain_id=author.account)
    assert author.sdk.list_available_publisher(available).raw_content == b"[]"  # which the SDK shows as None

    accept(publisher)

    (row,) = author.sdk.list_available_publisher(available).body
    assert (row.publisher_unique_id, row.auth_status, row.is_delete) == (publisher, "accept", 0)
    shown = author.sdk.show_publisher(ShowPublisherRequest(domain_id=author.account, body=[publisher]))
    assert list(shown.publisher_detail_map) == [publisher]
    details = shown.publisher_detail_map[publisher]
    assert (details.en_name, details.name, details.website) == (en_name, "A house", "https://a.example/")
    assert (details.tenant_id, details.user_id) == (author.account, author.member.user.id)

    done(author.sdk.delete_publisher(DeletePublisherRequest(domain_id=author.account, publisher_unique_id=publisher)))
    assert author.sdk.list_publisher(ListPublisherRequest(domain_id=author.account)).data == []


def test_a_plugin_is_bound_and_published(author: Hand, stranger: Hand, accept: Accept) -> None:
    name, publisher = _plugin(author), _created(author, a_name("house"))
    body = PublishPluginDTO(plugin_name=name, version="", publisher_unique_id=publisher)
    done(author.sdk.publish_plugin_bind(PublishPluginBindRequest(domain_id=author.account, body=body)))

    def seen(by: Hand) -> list[Any]:
        query = AgentPluginInfoQueryDTO(plugin_name=name)
        return list(by.sdk.list_plugins(ListPluginsRequest(domain_id=by.account, body=query)).data)

    assert [(each.plugin_attribution, each.publisher_unique_id) for each in seen(author)] == [("custom", publisher)]
    assert seen(stranger) == []

    accept(publisher)
    done(author.sdk.publish_plugin(PublishPluginRequest(domain_id=author.account, body=body)))

    (row,) = seen(stranger)
    assert (row.plugin_attribution, row.workspace_id) == ("published", author.account)


def test_what_a_pipeline_may_add_is_found_by_category_by_name_and_singly(
    author: Hand, stranger: Hand, accept: Accept
) -> None:
    used = _plugin(author, business_type="Test")
    composite = _plugin(author, business_type="Gate", steps=(used,))
    publisher = _published(author, accept, used, composite)

    stages = stranger.sdk.list_stage_plugins(
        ListStagePluginsRequest(domain_id=stranger.account, body=StagePluginsQueryDTO(use_condition="pipeline"))
    ).full_stage_plugins_item_list
    assert [each.business_type for each in stages] == ["Build", "Gate", "Deploy", "Test", "Normal"]
    gate = {each.plugin_name: each for each in stages[1].plugins_list}
    assert (gate[composite].plugin_composition_type, gate[composite].publisher_unique_id) == ("multi", publisher)
    assert [each.plugin_name for each in gate[composite].all_steps] == [used]
    assert (gate[composite].disabled, gate[composite].multi_step_editable) == (False, 0)

    query = BusinessTypePluginsQueryDTO(
        use_condition="pipeline", business_type="Test", input_repo_type="codehub", regex_name=used
    )
    page = stranger.sdk.list_base_plugins_new_post(
        ListBasePluginsNewPostRequest(domain_id=stranger.account, offset=0, limit=4, body=query)
    )
    assert (page.offset, page.limit, page.total) == (0, 4, 1)
    ((found,),) = [each.plugins_list for each in page.data]
    assert (found.plugin_name, found.plugin_attribution, found.all_steps) == (used, "published", None)

    single = stranger.sdk.list_base_plugins(
        ListBasePluginsRequest(domain_id=stranger.account, attribution="published", offset="0", limit="10")
    )
    names = {each.name: each for each in single.data}
    assert names[used].publisher_id == publisher
    assert composite not in names


def test_icons_are_uploaded(author: Hand, form: Form) -> None:
    name, en_name = _plugin(author), a_name("house")
    _created(author, en_name)

    of_plugin = author.sdk.upload_plugin_icon(
        UploadPluginIconRequest(
            domain_id=author.account,
            plugin_name=name,
            body=UploadPluginIconRequestBody(upload_file=form(a_picture(), "icon.png")),
        )
    ).body
    of_publisher = author.sdk.upload_publisher_icon(
        UploadPublisherIconRequest(
            domain_id=author.account,
            publisher_en_name=en_name,
            body=UploadPublisherIconRequestBody(upload_file=form(a_picture(), "logo.png")),
        )
    ).body

    query = AgentPluginInfoQueryDTO(plugin_name=name)
    (row,) = author.sdk.list_plugins(ListPluginsRequest(domain_id=author.account, body=query)).data
    (publisher,) = author.sdk.list_publisher(ListPublisherRequest(domain_id=author.account, name=en_name)).data
    assert of_plugin.startswith(f"/api/v1/{author.account}/common/get-plugin-icon?object_key={name}-")
    assert (row.icon_url, publisher.logo_url) == (of_plugin, of_publisher)
    with author.member.client() as client:
        assert client.get(of_plugin).content == client.get(of_publisher).content == a_picture()
